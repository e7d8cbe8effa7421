import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  IDENTIFIER_PATTERN,
  isTopicKey,
  publishableResourceNames,
  ROOT_PATTERN,
  resolveTopic,
  TOPIC_KEYS,
  topicDefinition,
  topicFilterOf,
  topicName,
  topicTemplate,
  validateTopicFilter,
  validateTopicName,
} from '#contract/index.ts'
import { referenceMatches } from '../fixtures/topic-reference.ts'

const identifier = fc.stringMatching(/^[A-Za-z0-9:_-]{1,40}$/)
const root = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}(\/[A-Za-z0-9_-]{1,20}){0,2}$/)
const keys = fc.constantFrom(...TOPIC_KEYS)

describe('topicName and resolveTopic', () => {
  test("are each other's inverse for any root and identifiers", () => {
    fc.assert(
      fc.property(
        root,
        keys,
        identifier,
        identifier,
        identifier,
        (anyRoot, key, clientId, organizationId, deviceId) => {
          const topic = topicName(anyRoot, key, { clientId, organizationId, deviceId })

          expect(validateTopicName(topic)).toBeUndefined()
          const resolved = resolveTopic(anyRoot, topic)
          expect(resolved?.key).toBe(key)
          const expected = [...key.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [
            name,
            { clientId, organizationId, deviceId }[name],
          ])
          expect(resolved?.parameters).toEqual(Object.fromEntries(expected))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('no two topics of the contract are one name', () => {
    fc.assert(
      fc.property(root, keys, keys, identifier, (anyRoot, one, other, id) => {
        fc.pre(one !== other)
        const topic = topicName(anyRoot, one, { clientId: id, organizationId: id, deviceId: id })
        expect(referenceMatches(topicFilterOf(anyRoot, other), topic)).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    'jamey',
    'jamey/',
    'jamey/responses',
    'jamey/responses/',
    'jamey/responses/a/b',
    'jamey/responses/{clientId}',
    'jamey/responses/+',
    'jamey/responses/a.b',
    'Jamey/memory/query',
    'memory/query',
    'xjamey/memory/query',
    'jamey/memory/query/',
    'jamey/org/acme/device/x/command',
    'org/acme/device/x/command/edge/more',
    'jamey/toString',
    'jamey/__proto__',
    '',
  ])('%j is no topic of the contract', (topic) => {
    expect(resolveTopic('jamey', topic)).toBeUndefined()
  })

  test.each(['', '+', '#', 'a/b', 'a b', 'ü', 'x'.repeat(129)])('refuses the parameter %j', (clientId) => {
    expect(() => topicName('jamey', 'responses/{clientId}', { clientId })).toThrow(
      expect.objectContaining({
        code: 'topic_parameter_invalid',
        message: 'topic "responses/{clientId}": parameter clientId must fit [A-Za-z0-9:_-]{1,128}',
      }),
    )
  })

  test('isTopicKey knows the table and nothing it inherits', () => {
    expect(isTopicKey('memory/query')).toBe(true)
    expect(isTopicKey('constructor')).toBe(false)
  })
})

describe('patterns', () => {
  test.each(['jamey', 'a/b/c', 'x'.repeat(64)])('takes the root %s', (text) => {
    expect(text).toMatch(ROOT_PATTERN)
  })

  test.each(['', '/', 'a/', '/a', 'a//b', 'a/b/c/d', '+', '$aws', 'a/#', 'x'.repeat(65), 'a\n', 'a.b'])(
    'refuses the root %j',
    (text) => {
      expect(text).not.toMatch(ROOT_PATTERN)
    },
  )

  test('an identifier holds no wildcard, slash, dot, blank or line end', () => {
    for (const text of ['a+', 'a#', 'a/b', 'a.b', 'a b', 'a\n', '']) expect(text).not.toMatch(IDENTIFIER_PATTERN)
    expect('arn:thing_1-x').toMatch(IDENTIFIER_PATTERN)
  })
})

describe('the catalogue', () => {
  test.each(TOPIC_KEYS)('%s fits the limits below the longest root', (key) => {
    const filter = topicFilterOf(`${'r'.repeat(30)}/${'r'.repeat(30)}/rr`, key)
    expect(validateTopicFilter(filter)).toBeUndefined()
  })

  test('a topic that the cloud hears is never one that it publishes to', () => {
    for (const key of TOPIC_KEYS) {
      const { direction, handledBy, workflow, reply } = topicDefinition(key)
      if (handledBy ?? workflow) expect([key, direction]).not.toEqual([key, 'toDevice'])
      if (reply) expect([key, direction]).toEqual([key, 'toCloud'])
    }
  })

  test('a shared reply topic carries the payload of its replies and goes to devices', () => {
    for (const key of TOPIC_KEYS) {
      const { reply } = topicDefinition(key)
      if (!reply?.sharedTopic) continue
      const shared = isTopicKey(reply.sharedTopic) ? topicDefinition(reply.sharedTopic) : undefined
      expect(shared).toMatchObject({ direction: 'toDevice', broadcast: expect.stringMatching(/default|optIn/) })
      expect(shared?.payload).toBe(reply.payload)
    }
  })

  test('the publisher may write to exactly the toDevice topics', () => {
    expect(publishableResourceNames('jamey')).toMatchInlineSnapshot(`
      [
        "jamey/conscience/results",
        "jamey/memory/updates",
        "jamey/api/responses",
        "jamey/responses/*",
        "jamey/devices/*/requests",
        "org/*/device/*/command/edge",
        "org/*/device/*/command",
      ]
    `)
    expect(topicTemplate('jamey', 'responses/{clientId}')).toBe('jamey/responses/{clientId}')
  })
})
