import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchesTopic } from '#contract/topic-filter.ts'
import { createTopicIndex } from '../../../local/broker/routing/topic-index.ts'

const level = fc.constantFrom('a', 'b', '', '$x')
const topics = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'))
const filters = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, open]) => [...levels, ...(open ? ['#'] : [])].join('/'))

function matching(index: ReturnType<typeof createTopicIndex<number, string>>, topic: string): number[] {
  const found: number[] = []
  index.match(topic, (subscriber) => found.push(subscriber))
  return found.sort((a, b) => a - b)
}

describe('topic index', () => {
  test('finds exactly the filters that match, also after some were removed', () => {
    fc.assert(
      fc.property(fc.array(filters, { maxLength: 12 }), topics, fc.nat(11), (all, topic, kept) => {
        const index = createTopicIndex<number, string>()
        for (const [subscriber, filter] of all.entries()) index.add(filter, subscriber, filter)
        for (const [subscriber, filter] of all.entries()) if (subscriber > kept) index.remove(filter, subscriber)

        const expected = [...all.entries()].filter(
          ([subscriber, filter]) => subscriber <= kept && matchesTopic(filter, topic),
        )
        expect(matching(index, topic)).toEqual(expected.map(([subscriber]) => subscriber))
      }),
    )
  })

  test('does not match a parent level with #', () => {
    const index = createTopicIndex<number, string>()
    index.add('a/#', 1, '')

    expect(matching(index, 'a')).toEqual([])
    expect(matching(index, 'a/')).toEqual([1])
    expect(matching(index, 'a/b/c')).toEqual([1])
  })

  test('replaces the details of a subscription that is added again', () => {
    const index = createTopicIndex<number, string>()
    index.add('a', 1, 'old')
    index.add('a', 1, 'new')

    const details: string[] = []
    index.match('a', (_, detail) => details.push(detail))
    expect(details).toEqual(['new'])
  })
})
