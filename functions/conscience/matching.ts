import { isDenied } from './negation.ts'
import type { Rule } from './rules.ts'
import type { Word } from './words.ts'

/** A place in a text that speaks about a rule. */
export interface Hit {
  /** Positive keeps the rule, negative breaks it. 1 where the term stands, {@link DENIED_STRENGTH} the other way where it is denied. */
  value: number
  /** The words as they stand in the text, with "not … " before a denied term. */
  words: string
}

/**
 * Denying turns a term round at half strength: to promise no harm keeps the rule less than doing good does, and to leave honesty out
 * breaks it less than lying does.
 */
const DENIED_STRENGTH = 0.5

interface Term {
  words: readonly string[]
  direction: 1 | -1
}

interface Place {
  term: Term
  start: number
  end: number
}

/**
 * Prepares a rule's terms. Of terms that overlap in a text only the most particular counts: more words first, then whole words
 * before beginnings, then longer ones; so "harmless" is not also read as "harm*".
 */
export function createMatcher(rule: Rule): (words: readonly Word[]) => Hit[] {
  const terms = [...rule.violates.map(termOf(-1)), ...rule.honours.map(termOf(1))].sort(byParticularity)

  return (words) => {
    const taken = new Set<number>()
    const places: Place[] = []
    for (const term of terms) {
      for (const place of placesOf(term, words)) {
        const indexes = Array.from({ length: place.end - place.start }, (_, offset) => place.start + offset)
        if (indexes.some((index) => taken.has(index))) continue
        for (const index of indexes) taken.add(index)
        places.push(place)
      }
    }
    return places.sort((a, b) => a.start - b.start).map((place) => hitOf(place, words))
  }
}

function termOf(direction: 1 | -1): (text: string) => Term {
  return (text) => ({ words: text.split(' '), direction })
}

function byParticularity(a: Term, b: Term): number {
  const prefixes = (term: Term) => term.words.filter((word) => word.endsWith('*')).length
  const letters = (term: Term) => term.words.join('').length
  return (
    b.words.length - a.words.length ||
    prefixes(a) - prefixes(b) ||
    letters(b) - letters(a) ||
    // the same term on both sides: the worse reading counts
    a.direction - b.direction ||
    (a.words.join(' ') < b.words.join(' ') ? -1 : 1)
  )
}

function* placesOf(term: Term, words: readonly Word[]): Generator<Place> {
  const { length } = term.words
  for (let start = 0; start + length <= words.length; start += 1) {
    const clause = words[start]?.clause
    const fits = term.words.every((pattern, offset) => {
      const word = words[start + offset]
      return word !== undefined && word.clause === clause && fitsWord(pattern, word.text)
    })
    if (fits) yield { term, start, end: start + length }
  }
}

function fitsWord(pattern: string, word: string): boolean {
  return pattern.endsWith('*') ? word.startsWith(pattern.slice(0, -1)) : word === pattern
}

function hitOf({ term, start, end }: Place, words: readonly Word[]): Hit {
  const denied = isDenied(words, start, end)
  const text = words.slice(start, end).map((word) => word.text)
  return {
    value: denied ? -DENIED_STRENGTH * term.direction : term.direction,
    words: denied ? `not … ${text.join(' ')}` : text.join(' '),
  }
}
