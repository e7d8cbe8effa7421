import { describe, expect, test } from 'vitest'
import {
  asJson,
  bridgeError,
  createReply,
  errorNotification,
  errorNotificationOf,
  replyTopicFor,
  type TopicKey,
  type TopicSettings,
} from '#contract/index.ts'
import { CORRELATION_ID, MESSAGE_ID, NOW_MS } from '../fixtures/rule-event.ts'

const CLOSED: TopicSettings = { root: 'jamey', sharedReplies: [] }
const OPEN: TopicSettings = { root: 'jamey', sharedReplies: ['api/responses'] }
const OWN = 'jamey/responses/me'
const FORBIDDEN = 'reply_to_forbidden'

describe('replyTopicFor', () => {
  test.each<[TopicKey, string | null, TopicSettings, string]>([
    ['conscience/evaluate', null, CLOSED, 'jamey/conscience/results'],
    ['conscience/evaluate', OWN, CLOSED, OWN],
    ['conscience/evaluate', 'jamey/conscience/results', CLOSED, 'jamey/conscience/results'],
    ['conscience/evaluate', 'jamey/api/responses', OPEN, FORBIDDEN],
    ['memory/query', null, CLOSED, OWN],
    ['memory/query', OWN, CLOSED, OWN],
    ['memory/query', 'jamey/conscience/results', CLOSED, FORBIDDEN],
    ['memory/store', 'jamey/memory/updates', CLOSED, FORBIDDEN],
    ['api/requests', null, CLOSED, OWN],
    ['api/requests', null, OPEN, OWN],
    ['api/requests', 'jamey/api/responses', CLOSED, FORBIDDEN],
    ['api/requests', 'jamey/api/responses', OPEN, 'jamey/api/responses'],
    ['memory/query', 'jamey/responses/you', OPEN, FORBIDDEN],
    ['memory/query', 'jamey/responses/me/', OPEN, FORBIDDEN],
    ['memory/query', 'jamey/responses/+', OPEN, FORBIDDEN],
    ['memory/query', 'jamey/events/status', OPEN, FORBIDDEN],
    ['memory/query', 'org/acme/device/x/command/edge', OPEN, FORBIDDEN],
    ['memory/query', '$aws/things/me/shadow/update', OPEN, FORBIDDEN],
    ['memory/query', '', OPEN, FORBIDDEN],
  ])('%s with reply_to %j (%o): %s', (key, replyTo, settings, expected) => {
    const decide = () => {
      try {
        return replyTopicFor(key, 'me', replyTo, settings)
      } catch (error) {
        return error instanceof Error && 'code' in error ? error.code : error
      }
    }
    expect(decide()).toBe(expected)
  })

  test('a topic that is no broadcast topic is not opened by listing it', () => {
    const settings = { root: 'jamey', sharedReplies: ['memory/updates', 'conscience/results', 'responses/{clientId}'] }
    expect(() => replyTopicFor('memory/query', 'me', 'jamey/memory/updates', settings)).toThrow(
      expect.objectContaining({ code: FORBIDDEN }),
    )
  })

  test('says what would be allowed, and repeats at most 256 characters', () => {
    expect(() => replyTopicFor('memory/query', 'me', 'x'.repeat(1_000), CLOSED)).toThrow(
      `a reply to "${'x'.repeat(256)}" is not allowed here; allowed: ${OWN}`,
    )
  })
})

describe('replies', () => {
  test('carry the ids of the request and its status', () => {
    const reply = createReply(
      { clientId: 'me', messageId: 'm', correlationId: CORRELATION_ID },
      { topic: OWN, payload: { a: 1 }, status: 'ok' },
      { messageId: MESSAGE_ID, nowMs: NOW_MS },
    )

    expect(reply.metadata).toEqual({
      client_id: 'me',
      correlation_id: CORRELATION_ID,
      reply_to: null,
      in_reply_to: 'm',
      status: 'ok',
    })
  })

  test('an error becomes a notification that its own topic takes', () => {
    const notification = errorNotificationOf(
      bridgeError('deadline_exceeded', { ageMs: 31_000, limitMs: 30_000 }),
      'api',
    )

    expect(errorNotification.parse(notification)).toEqual(notification)
    expect(notification).toMatchInlineSnapshot(`
      {
        "code": "deadline_exceeded",
        "component": "api",
        "details": "the same request may be sent again with its correlation id",
        "message": "the request was 31000 ms old, over its deadline of 30000 ms, and was not run",
        "severity": "error",
      }
    `)
  })

  test('a system fault never tells its cause', () => {
    const cause = new Error('password of the table')
    const notification = errorNotificationOf(
      bridgeError('store_unavailable', { operation: 'claim' }, { cause }),
      'memory',
    )

    expect(notification.severity).toBe('critical')
    expect(JSON.stringify(notification)).not.toContain('password')
  })

  test('asJson keeps what JSON can say and nothing else', () => {
    expect(asJson({ at: new Date(0), gone: undefined, list: [undefined] })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      list: [null],
    })
    expect(asJson(undefined)).toBeNull()
  })
})
