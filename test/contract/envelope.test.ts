import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { createEnvelope, describeIssue, envelopeSchema } from '#contract/index.ts'
import { MESSAGE_ID, NOW_MS, sentEnvelope } from '../fixtures/rule-event.ts'

describe('reading an envelope', () => {
  test('takes one as the seed writes it', () => {
    expect(envelopeSchema.parse(sentEnvelope({ a: 1 })).metadata).toEqual({
      client_id: 'jamey-instance-1',
      correlation_id: '0a6f3c1e-9a57-4e0f-8f39-6a1f0a1b2c3d',
      reply_to: null,
    })
  })

  test('a missing field of the metadata is null, as is missing metadata', () => {
    const nothing = { client_id: null, correlation_id: null, reply_to: null }

    expect(envelopeSchema.parse(sentEnvelope(1, { metadata: {} })).metadata).toEqual(nothing)
    expect(envelopeSchema.parse(sentEnvelope(1, { metadata: undefined })).metadata).toEqual(nothing)
  })

  test('keeps free keys of the metadata and drops unknown ones of the envelope', () => {
    const parsed = envelopeSchema.parse(sentEnvelope(1, { metadata: { priority: { level: 3 } }, version: 2 }))

    expect(parsed.metadata).toMatchObject({ priority: { level: 3 } })
    expect(parsed).not.toHaveProperty('version')
  })

  test('takes any JSON as payload, whatever the topic says', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (payload) => {
        const json: unknown = JSON.parse(JSON.stringify(payload))
        expect(envelopeSchema.parse(sentEnvelope(json)).payload).toEqual(json)
      }),
    )
  })

  test('keeps a key named like a property of every object', () => {
    const payload: unknown = JSON.parse('{"__proto__":[1],"constructor":{"__proto__":null}}')

    expect(JSON.stringify(envelopeSchema.parse(sentEnvelope(payload)).payload)).toBe(JSON.stringify(payload))
  })

  test.each([
    ['message_id', { message_id: 'm-1' }],
    ['message_id', { message_id: undefined }],
    ['timestamp', { timestamp: 'yesterday' }],
    ['timestamp', { timestamp: 1_700_000_000 }],
    ['timestamp', { timestamp: '2026-11-21T11:59:59' }],
    ['topic', { topic: null }],
    ['payload', { payload: undefined }],
    ['payload', { payload: Number.POSITIVE_INFINITY }],
    ['metadata', { metadata: null }],
    ['metadata', { metadata: [] }],
    ['metadata.correlation_id', { metadata: { correlation_id: '' } }],
    ['metadata.correlation_id', { metadata: { correlation_id: 'x'.repeat(257) } }],
    ['metadata.correlation_id', { metadata: { correlation_id: 7 } }],
    ['metadata.reply_to', { metadata: { reply_to: 'x'.repeat(257) } }],
    ['metadata.client_id', { metadata: { client_id: {} } }],
  ])('refuses a wrong %s: %j', (field, changes) => {
    const parsed = envelopeSchema.safeParse(sentEnvelope(1, changes))

    expect(parsed.error && describeIssue(parsed.error)).toMatch(new RegExp(`^${field}: `))
  })

  test.each([null, 1, 'text', [], [{}]])('refuses %j as an envelope', (input) => {
    expect(envelopeSchema.safeParse(input).success).toBe(false)
  })
})

describe('createEnvelope', () => {
  test('writes empty fields as null, and what it writes can be read', () => {
    const envelope = createEnvelope(
      { topic: 'jamey/events/status', payload: { a: 1 } },
      { messageId: MESSAGE_ID, nowMs: NOW_MS },
    )

    expect(JSON.stringify(envelope)).toMatchInlineSnapshot(
      `"{"message_id":"7d3f2f0a-5f0b-4a53-9c7e-2b8f4f4f7a11","timestamp":"2026-11-21T12:00:00.000Z","topic":"jamey/events/status","payload":{"a":1},"metadata":{"client_id":null,"correlation_id":null,"reply_to":null}}"`,
    )
    expect(envelopeSchema.parse(JSON.parse(JSON.stringify(envelope)))).toEqual(envelope)
  })

  test('keeps the given metadata beside the nulls', () => {
    const { metadata } = createEnvelope(
      { topic: 't', payload: 1, metadata: { correlation_id: 'c', trace: 'x' } },
      { messageId: MESSAGE_ID, nowMs: NOW_MS },
    )
    expect(metadata).toEqual({ client_id: null, correlation_id: 'c', reply_to: null, trace: 'x' })
  })
})

describe('describeIssue', () => {
  test('names the place without the value', () => {
    const parsed = z.object({ a: z.object({ b: z.string() }) }).safeParse({ a: { b: 42 } })
    expect(parsed.error && describeIssue(parsed.error)).toBe('a.b: Invalid input: expected string, received number')
  })

  test('stays short however long a key of the sender is', () => {
    const schema = z.object({ headers: z.record(z.string(), z.string()) })
    const parsed = schema.safeParse({ headers: { ['k'.repeat(100_000)]: 1 } })
    expect(parsed.error && describeIssue(parsed.error).length).toBeLessThan(400)
  })
})
