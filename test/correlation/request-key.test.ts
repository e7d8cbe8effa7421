import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  canonicalJson,
  deviceRequestId,
  deviceRequestKey,
  parseDeviceRequestId,
  requestHash,
  requestKey,
} from '#correlation/index.ts'
import { CORRELATION_ID, MESSAGE_ID } from '../fixtures/rule-event.ts'

const keyOf = (correlationId: string | null, clientId = 'me') =>
  requestKey({ clientId, correlationId, messageId: MESSAGE_ID })

describe('requestKey', () => {
  test('is client and correlation id, or the message id where there is none', () => {
    expect(keyOf(CORRELATION_ID)).toBe(`me#${CORRELATION_ID}`)
    expect(keyOf(null)).toBe(`me#${MESSAGE_ID}`)
  })

  test('a UUID is one however its letters are written', () => {
    expect(keyOf(CORRELATION_ID.toUpperCase())).toBe(keyOf(CORRELATION_ID))
  })

  test.each([
    '',
    'a',
    '#',
    `you#${CORRELATION_ID}`,
    `${CORRELATION_ID}#x`,
    `${CORRELATION_ID}\n`,
    '日本',
    'x'.repeat(10_000),
  ])('what is no UUID is hashed: %j', (correlationId) => {
    expect(keyOf(correlationId)).toMatch(/^me#[0-9a-f]{64}$/)
  })

  test('no correlation id reaches the key of another client or of another id', () => {
    const clients = fc.stringMatching(/^[A-Za-z0-9:_-]{1,16}$/)
    const ids = fc.oneof(fc.string({ maxLength: 20 }), fc.uuid(), fc.constantFrom('#', 'a#b', '#a'))
    fc.assert(
      fc.property(clients, ids, clients, ids, (client, id, otherClient, otherId) => {
        fc.pre(client !== otherClient || id.toLowerCase() !== otherId.toLowerCase())
        expect(keyOf(id, client)).not.toBe(keyOf(otherId, otherClient))
        expect(keyOf(id, client).split('#')).toHaveLength(2)
      }),
    )
  })
})

describe('requestHash', () => {
  const payload = { b: [1, { d: null, c: 'ü' }], a: 'x' }

  test('does not depend on the order of keys, at any depth', () => {
    expect(requestHash('t', { a: 'x', b: [1, { c: 'ü', d: null }] })).toBe(requestHash('t', payload))
  })

  test.each<[string, unknown]>([
    ['topic', payload],
    ['t', { ...payload, a: 'X' }],
    ['t', { ...payload, b: [{ c: 'ü', d: null }, 1] }],
    ['t', { ...payload, c: null }],
    ['t', 'x'],
    ['t', null],
  ])('changes with topic and payload: %s %j', (topic, other) => {
    expect(requestHash(topic, other)).not.toBe(requestHash('t', payload))
  })

  test('topic and payload do not run into each other', () => {
    expect(requestHash('a\n1', 2)).not.toBe(requestHash('a', '1\n2'))
  })

  test('texts that only look alike stay apart', () => {
    expect(requestHash('t', 'é')).not.toBe(requestHash('t', 'e\u0301'))
  })
})

describe('canonicalJson', () => {
  test('reads back as the same value, and is the same for any order of keys', () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled)
      if (value === null || typeof value !== 'object') return value
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, inner]) => [key, shuffled(inner)]),
      )
    }
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(shuffled(value))).toBe(text)
      }),
    )
  })

  test('sorts by code unit and keeps keys with a meaning of their own', () => {
    const value: unknown = JSON.parse('{"ü":1,"z":2,"Z":3,"10":4,"9":5,"__proto__":6,"toJSON":7}')
    expect(canonicalJson(value)).toBe('{"9":5,"10":4,"Z":3,"__proto__":6,"toJSON":7,"z":2,"ü":1}')
  })
})

describe('deviceRequestKey', () => {
  const clients = fc.stringMatching(/^[A-Za-z0-9:_-]{1,16}$/)
  const ids = fc.oneof(fc.string({ minLength: 1, maxLength: 20 }), fc.uuid(), fc.constantFrom('#', '~', 'a~b'))

  test('is no key that a device can ask under', () => {
    fc.assert(
      fc.property(clients, ids, clients, ids, (client, id, otherClient, otherId) => {
        expect(deviceRequestKey({ clientId: client, correlationId: id })).not.toBe(keyOf(otherId, otherClient))
      }),
    )
  })

  test('comes back from its id, which needs no escapes in a URL', () => {
    fc.assert(
      fc.property(clients, ids, (clientId, correlationId) => {
        const key = deviceRequestKey({ clientId, correlationId })
        const id = deviceRequestId(key)
        expect(parseDeviceRequestId(id)).toBe(key)
        expect(id).toMatch(/^[A-Za-z0-9:_.~-]+$/)
      }),
    )
  })

  test.each(['', '~', 'a', 'a~b', `a#${CORRELATION_ID}`, `a b~${CORRELATION_ID}`, `a~${CORRELATION_ID}x`])(
    '%j is no id',
    (id) => expect(parseDeviceRequestId(id)).toBeUndefined(),
  )
})
