import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { containsFilter, matchesTopic, TOPIC_LIMITS, validateTopicFilter, validateTopicName } from '#contract/index.ts'
import { filterArbitrary, referenceContains, referenceMatches, topicArbitrary } from '../fixtures/topic-reference.ts'

const WORDS = ['a', 'b', '', '$s', 'ü']

describe('matchesTopic', () => {
  test.each([
    ['jamey/+/query', 'jamey/memory/query', true],
    ['jamey/events/#', 'jamey/events/status/critical', true],
    ['jamey/events/status', 'jamey/events/status/critical', false],
    ['a/#', 'a', false],
    ['a/#', 'a/', true],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['$SYS/#', '$SYS/x', true],
    ['a/+', 'a/$x', true],
    ['+/+', '/', true],
    ['+', '/', false],
    ['/+', '/a', true],
    ['a//b', 'a//b', true],
    ['a/+/b', 'a//b', true],
    ['A/b', 'a/b', false],
    ['straße/+', 'straße/日本', true],
    ['e\u0301', 'é', false],
    ['1/2/3/4/5/6/7/8', '1/2/3/4/5/6/7/8', true],
    ['1/2/3/4/5/6/7/+', '1/2/3/4/5/6/7/8', true],
    ['1/2/3/4/5/6/7/#', '1/2/3/4/5/6/7/8', true],
  ])('%s and %s: %s', (filter, topic, expected) => {
    expect(matchesTopic(filter, topic)).toBe(expected)
  })

  test('decides as the reference does for any filter and topic', () => {
    fc.assert(
      fc.property(filterArbitrary(WORDS), topicArbitrary(WORDS), (filter, topic) => {
        expect(matchesTopic(filter, topic)).toBe(referenceMatches(filter, topic))
      }),
      { numRuns: 2_000 },
    )
  })

  test('a generalised topic matches it unless a wildcard meets a leading $', () => {
    const masks = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(topicArbitrary(WORDS), masks, (topic, mask) => {
        const filter = topic
          .split('/')
          .map((level, index) => (mask[index] ? '+' : level))
          .join('/')
        expect(matchesTopic(filter, topic)).toBe(!(topic.startsWith('$') && mask[0]))
      }),
    )
  })
})

describe('containsFilter', () => {
  test.each([
    ['a/+', 'a/+', true],
    ['a/+', 'a/#', false],
    ['a/#', 'a/+', true],
    ['a/#', 'a/+/#', true],
    ['a/+/#', 'a/#', false],
    ['a/#', 'a', false],
    ['#', '+/#', true],
    ['+/#', '#', false],
    ['#', '$aws/#', false],
    ['+/b', '+/b', true],
    ['+/b', '$x/b', false],
    ['a/b', 'a/+', false],
    ['#', '$share/group/a', false],
  ])('%s over %s: %s', (outer, inner, expected) => {
    expect(containsFilter(outer, inner)).toBe(expected)
  })

  test('is sound: what the inner filter matches, the outer one does', () => {
    const word = fc.constantFrom(...WORDS)
    const level = fc.record({ topic: word, inner: fc.boolean(), outer: fc.constantFrom('+', '+', 'same', 'other') })
    const cut = fc.option(fc.nat(7))
    const filterOf = (levels: string[], tail: number | null) =>
      (tail === null || tail >= levels.length ? levels : [...levels.slice(0, tail), '#']).join('/')
    let contained = 0
    fc.assert(
      fc.property(fc.array(level, { minLength: 1, maxLength: 8 }), cut, cut, (levels, innerCut, outerCut) => {
        const topic = levels.map((one) => one.topic).join('/')
        const narrow = levels.map((one) => (one.inner ? '+' : one.topic))
        const wide = levels.map((one) => ({ '+': '+', same: one.topic, other: 'other' })[one.outer])
        const [inner, outer] = [filterOf(narrow, innerCut), filterOf(wide, outerCut)]
        if (!containsFilter(outer, inner) || !referenceMatches(inner, topic)) return
        contained += 1
        expect(referenceMatches(outer, topic)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
    expect(contained).toBeGreaterThan(50)
  })

  test('agrees with the reference for any two filters', () => {
    const filters = filterArbitrary(['a', 'b', '$s'])
    fc.assert(
      fc.property(filters, filters, (outer, inner) => {
        expect(containsFilter(outer, inner)).toBe(referenceContains(outer, inner))
      }),
      { numRuns: 2_000 },
    )
  })

  // topics one level deeper, and with a word more, than the filters: whatever can escape a filter escapes it there
  test('contains exactly where every topic is matched, over all filters of three levels', () => {
    const filters = [
      ...sequences(['a', 'b', '', '+'], 3),
      '#',
      ...sequences(['a', 'b', '', '+'], 2).map((head) => `${head}/#`),
      ...['$s', '$s/a', '$s/+', '$s/#', '$s/+/#'],
    ].filter((filter) => filter !== '')
    const below = sequences(['a', 'b', '', 'z'], 3)
    const topics = [...sequences(['a', 'b', '', 'z'], 4), '$s', ...below.map((tail) => `$s/${tail}`)]
    const legal = topics.filter((topic) => topic !== '')
    const matched = new Map(filters.map((filter) => [filter, legal.map((topic) => referenceMatches(filter, topic))]))
    const wrong: string[] = []
    for (const [outer, ofOuter] of matched) {
      for (const [inner, ofInner] of matched) {
        const expected = ofInner.every((isMatched, index) => !isMatched || ofOuter[index])
        if (containsFilter(outer, inner) !== expected) wrong.push(`${outer} over ${inner}: expected ${expected}`)
      }
    }

    expect(wrong).toEqual([])
  })
})

describe('limits of names and filters', () => {
  test.each([
    ['', 'not empty'],
    ['a/+', 'no wildcard'],
    ['a/#', 'no wildcard'],
    ['a\u0000', 'U+0000'],
    ['1/2/3/4/5/6/7/8/9', 'at most 7 slashes, got 8'],
    ['x'.repeat(TOPIC_LIMITS.maxBytes + 1), 'at most 256 bytes, got 257'],
    ['é'.repeat(129), 'at most 256 bytes, got 258'],
  ])('refuses the topic name %j', (topic, problem) => {
    expect(validateTopicName(topic)).toContain(problem)
  })

  test.each(['a', '/', 'a//b', '1/2/3/4/5/6/7/8', 'x'.repeat(256), 'é'.repeat(128), '$aws/things/x'])(
    'takes the topic name %j',
    (topic) => {
      expect(validateTopicName(topic)).toBeUndefined()
    },
  )

  test.each([
    ['a/#/b', '# stands alone'],
    ['a#', '# stands alone'],
    ['a/b+', '+ stands alone'],
    ['', 'not empty'],
    ['+/+/+/+/+/+/+/+/#', 'at most 7 slashes, got 8'],
    ['$share/group', 'reads $share/<group>/<filter>'],
    ['$share//a', 'reads $share/<group>/<filter>'],
    ['$share/+/a', 'reads $share/<group>/<filter>'],
    ['$share/group/a/#/b', '# stands alone'],
  ])('refuses the filter %j', (filter, problem) => {
    expect(validateTopicFilter(filter)).toContain(problem)
  })

  test.each(['#', '+', '+/#', '/', '+/+/+/+/+/+/+/#', '$share/group/1/2/3/4/5/6/7/8', `$share/g/${'x'.repeat(256)}`])(
    'takes the filter %j',
    (filter) => {
      expect(validateTopicFilter(filter)).toBeUndefined()
    },
  )

  test('no generated topic with a wildcard in it is a legal name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('+', '#'), (text, wildcard) => {
        expect(validateTopicName(`${text}${wildcard}`)).toBeDefined()
      }),
    )
  })
})

function sequences(words: readonly string[], depth: number): string[] {
  let level = [...words]
  const all = [...level]
  for (let length = 1; length < depth; length += 1) {
    level = level.flatMap((head) => words.map((word) => `${head}/${word}`))
    all.push(...level)
  }
  return all
}
