import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilePattern, matchesPattern, parseWildcards } from '../../../local/iot-policy/wildcard.ts'

/** What the wildcards mean, written down without any thought of speed. */
function naive(pattern: readonly string[], text: readonly string[]): boolean {
  const [token, ...patternRest] = pattern
  const [character, ...textRest] = text
  if (token === undefined) return character === undefined
  if (token === '*') return naive(patternRest, text) || (character !== undefined && naive(pattern, textRest))
  return character !== undefined && (token === '?' || token === character) && naive(patternRest, textRest)
}

const fewCharacters = (characters: string[]) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 9 })

describe('wildcards', () => {
  test('match as a naive recursive matcher does, over characters outside the basic plane too', () => {
    fc.assert(
      fc.property(
        fewCharacters(['a', 'b', '/', '😀', '*', '?']),
        fewCharacters(['a', 'b', '/', '😀']),
        (pattern, text) => {
          const expected = naive([...pattern], [...text])
          expect(matchesPattern(parseWildcards(pattern), text)).toBe(expected)
          expect(compilePattern(parseWildcards(pattern))(text)).toBe(expected)
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('match every text that the pattern was made from', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (parts) => {
        const literal = parts.map((part) => part.replaceAll(/[*?]/g, '_'))
        expect(matchesPattern(parseWildcards(literal.join('*')), literal.join('any/thing'))).toBe(true)
      }),
    )
  })

  test('stay fast for a pattern that makes a backtracking matcher explode', () => {
    const pattern = parseWildcards(`${'*a'.repeat(500)}b`)

    expect(matchesPattern(pattern, 'a'.repeat(2000))).toBe(false)
  })
})
