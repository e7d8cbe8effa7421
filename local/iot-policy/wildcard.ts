/** `*` and `?` of a pattern; every other token is the code point that must stand there. */
export const ANY_RUN = -1
export const ANY_ONE = -2

const ASTERISK = 0x2a
const QUESTION_MARK = 0x3f

/** Code points and the two wildcards. An escaped `*` is the code point of `*`, not `ANY_RUN`. */
export type Pattern = readonly number[]

/** Reads `*` and `?` as wildcards and everything else literally. */
export function parseWildcards(text: string): Pattern {
  return Array.from(text, (character) => wildcardToken(codePointAt(character, 0)))
}

export function wildcardToken(codePoint: number): number {
  if (codePoint === ASTERISK) return ANY_RUN
  return codePoint === QUESTION_MARK ? ANY_ONE : codePoint
}

/**
 * Tells whether the pattern covers the whole text. `*` matches any run of characters, also none and also `/`; `?` exactly
 * one character. Two pointers and the last `*` seen: no recursion, at most pattern length × text length steps.
 */
export function matchesPattern(pattern: Pattern, text: string): boolean {
  let patternIndex = 0
  let textIndex = 0
  let lastRun = -1
  let lastRunEnd = 0
  while (textIndex < text.length) {
    const token = pattern[patternIndex]
    const codePoint = codePointAt(text, textIndex)
    if (token === ANY_RUN) {
      lastRun = patternIndex++
      lastRunEnd = textIndex
    } else if (token === ANY_ONE || token === codePoint) {
      patternIndex++
      textIndex += unitsOf(codePoint)
    } else if (lastRun >= 0) {
      lastRunEnd += unitsOf(codePointAt(text, lastRunEnd))
      textIndex = lastRunEnd
      patternIndex = lastRun + 1
    } else return false
  }
  while (pattern[patternIndex] === ANY_RUN) patternIndex++
  return patternIndex === pattern.length
}

/**
 * Picks the cheapest test that gives the same answer as `matchesPattern`: most patterns are a text or a prefix, and most
 * texts differ from a pattern before its first wildcard.
 */
export function compilePattern(pattern: Pattern): (text: string) => boolean {
  const firstWildcard = pattern.findIndex((token) => token < 0)
  if (firstWildcard < 0) {
    const literal = textOf(pattern)
    return (text) => text === literal
  }
  const prefix = textOf(pattern.slice(0, firstWildcard))
  const rest = pattern.slice(firstWildcard)
  if (rest.length === 1 && rest[0] === ANY_RUN) return prefix === '' ? () => true : (text) => text.startsWith(prefix)
  return (text) => text.startsWith(prefix) && matchesPattern(rest, text.slice(prefix.length))
}

/** The text of a pattern without wildcards. */
export function textOf(literal: Pattern): string {
  return literal.map((codePoint) => String.fromCodePoint(codePoint)).join('')
}

function codePointAt(text: string, index: number): number {
  return text.codePointAt(index) ?? 0
}

function unitsOf(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1
}
