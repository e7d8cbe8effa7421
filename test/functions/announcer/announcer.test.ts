import { describe, expect, test } from 'vitest'
import { type BridgeEvent, bridgeError, bridgeEventSchema, errorNotificationOf } from '#contract/index.ts'
import { createAnnouncer, PUT_AT_ONCE } from '#functions/announcer/handler.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'

const NOW_MS = 1_800_000_000_000
const ID = '3f2c1b0a-0000-4000-8000-000000000001'
const attributes = (item: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      typeof value === 'number' ? { N: String(value) } : { S: value },
    ]),
  )
const correlation = (more: Record<string, unknown> = {}) => ({
  request_key: `lamp#${ID}`,
  state: 'pending',
  request_hash: 'h',
  owner: 'o',
  fence: 1,
  lease_until_ms: NOW_MS,
  created_at_ms: NOW_MS,
  updated_at_ms: NOW_MS,
  expires_at_seconds: NOW_MS / 1_000 + 86_400,
  ...more,
})
const presence = (announced: string, more: Record<string, unknown> = {}) => ({
  client_id: 'lamp',
  state: announced,
  announced,
  event_order: 1,
  at_ms: NOW_MS,
  session_id: 's',
  ...more,
})
const reply = (code: 'handler_failed') =>
  JSON.stringify([{ topic: 't', qos: 1, envelope: { payload: errorNotificationOf(bridgeError(code), 'api') } }])

let sequence = 0
function change(
  before: Record<string, unknown> | undefined,
  after: Record<string, unknown> | undefined,
  { table = 'correlations', isExpiry = false } = {},
) {
  sequence += 1
  return {
    eventID: `e${sequence}`,
    eventSourceARN: `arn:aws:dynamodb:eu-west-1:123456789012:table/${table}/stream/2026`,
    dynamodb: {
      ApproximateCreationDateTime: NOW_MS / 1_000,
      SequenceNumber: String(sequence),
      ...(before && { OldImage: attributes(before) }),
      ...(after && { NewImage: attributes(after) }),
    },
    ...(isExpiry && { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } }),
  }
}

function setUp() {
  const observer = createRecordingObserver()
  const { counts, lines } = observer
  const announced: BridgeEvent[] = []
  const answers: ((events: readonly BridgeEvent[]) => (string | undefined)[])[] = []
  const handle = createAnnouncer({
    correlationTable: 'correlations',
    presenceTable: 'presence',
    observer,
    async put(events) {
      expect(events.length).toBeLessThanOrEqual(PUT_AT_ONCE)
      const results = answers.shift()?.(events) ?? events.map(() => undefined)
      announced.push(...events.filter((_, index) => results[index] === undefined))
      return results
    },
  })
  return {
    announced,
    answers,
    counts,
    dimensions: observer.dimensions,
    lines,
    handle,
    types: () => announced.map(({ type }) => type),
    send: (...records: unknown[]) => handle({ Records: records }),
  }
}

describe('a request', () => {
  const [pending, running] = [correlation(), correlation({ state: 'running' })]
  const completed = correlation({ state: 'completed', reply: '[]', updated_at_ms: NOW_MS + 40 })
  const failed = correlation({ state: 'failed', reply: reply('handler_failed'), updated_at_ms: NOW_MS + 40 })
  const again = correlation({ fence: 2, updated_at_ms: NOW_MS + 90 })

  test.each<[string, Record<string, unknown> | undefined, Record<string, unknown> | undefined, string[]]>([
    ['is received', undefined, pending, ['Request Received']],
    ['is taken over by another attempt', pending, again, []],
    ['is handed to a workflow', pending, running, []],
    ['is completed', pending, completed, ['Request Completed']],
    ['is completed by its workflow', running, completed, ['Request Completed']],
    ['fails', pending, failed, ['Request Failed']],
    ['fails before a function took it', undefined, failed, ['Request Received', 'Request Failed']],
    ['is repeated after it failed', failed, again, ['Request Received']],
    ['is kept longer', completed, { ...completed, expires_at_seconds: NOW_MS }, []],
  ])('that %s', async (_, before, after, expected) => {
    const { send, types } = setUp()
    await send(change(before, after))

    expect(types()).toEqual(expected)
  })

  test.each([
    ['pending', pending, ['Request Expired']],
    ['running', running, ['Request Expired']],
    ['completed', completed, []],
    ['failed', failed, []],
  ])('whose record ends as %s', async (_, before, expected) => {
    const { send, types } = setUp()
    await send(change(before, undefined, { isExpiry: true }))

    expect(types()).toEqual(expected)
  })

  test('that is deleted by hand has not expired', async () => {
    const { send, types } = setUp()
    await send(change(pending, undefined))

    expect(types()).toEqual([])
  })

  test('that takes the key of one whose time is over announces the end of that one first', async () => {
    const { send, types, announced } = setUp()
    const old = correlation({ expires_at_seconds: NOW_MS / 1_000 })
    await send(change(old, correlation({ fence: 2, updated_at_ms: NOW_MS + 1 })))

    expect(types()).toEqual(['Request Expired', 'Request Received'])
    expect(new Set(announced.map(({ detail }) => detail.event_id)).size).toBe(2)
  })

  test('is told by its ids, its code and its times, without what was in it', async () => {
    const { send, announced } = setUp()
    const secret = { reply: reply('handler_failed').replace('the handler failed', 'secret'), topic_key: 'memory/store' }
    await send(change(pending, { ...failed, ...secret }))

    expect(announced).toEqual([
      {
        type: 'Request Failed',
        detail: {
          event_id: expect.any(String),
          at: new Date(NOW_MS + 40).toISOString(),
          client_id: 'lamp',
          request_id: ID,
          topic_key: 'memory/store',
          attempt: 1,
          code: 'handler_failed',
          duration_ms: 40,
        },
      },
    ])
    for (const event of announced) expect(bridgeEventSchema.safeParse(event).success).toBe(true)
  })
})

describe('a device', () => {
  const table = { table: 'presence' }

  test.each([
    ['connects', undefined, presence('connected'), ['Device Connected']],
    ['comes back', presence('disconnected'), presence('connected'), ['Device Connected']],
    ['reconnects', presence('connected'), presence('connected', { event_order: 2 }), []],
    ['goes and may be back', presence('connected'), presence('connected', { state: 'disconnected' }), []],
    ['is gone', presence('connected'), presence('disconnected'), ['Device Disconnected']],
    ['is first heard of when it goes', undefined, presence('disconnected'), []],
  ])('that %s', async (_, before, after, expected) => {
    const { send, types, announced } = setUp()
    await send(change(before, after, table))

    expect(types()).toEqual(expected)
    for (const event of announced) expect(bridgeEventSchema.safeParse(event).success).toBe(true)
  })
})

describe('the bus', () => {
  const records = (count: number) => Array.from({ length: count }, () => change(undefined, correlation()))

  test('is given ten at once, in order', async () => {
    const { send, announced, counts } = setUp()
    const batch = records(25)

    expect(await send(...batch)).toEqual({ batchItemFailures: [] })
    expect(announced.map(({ detail }) => detail.event_id)).toEqual(batch.map(({ eventID }) => `${eventID}-received`))
    expect(counts).toMatchObject({ EventsAnnounced: 25 })
  })

  test('is asked once more for the entries that it did not take', async () => {
    const { send, announced, answers } = setUp()
    answers.push((events) => events.map((_, index) => (index === 1 ? 'ThrottlingException' : undefined)))

    expect(await send(...records(3))).toEqual({ batchItemFailures: [] })
    expect(announced).toHaveLength(3)
  })

  test.each([
    ['an entry', (events: readonly BridgeEvent[]) => events.map(() => 'InternalFailure')],
    [
      'any',
      (): never => {
        throw Object.assign(new Error('denied'), { name: 'AccessDeniedException' })
      },
    ],
  ])('that does not take %s has the batch go on there later, and the fault is counted', async (_, refuse) => {
    const { send, answers, counts, dimensions, lines } = setUp()
    const batch = records(12)
    answers.push((events) => events.map(() => undefined), refuse, refuse)

    expect(await send(...batch)).toEqual({
      batchItemFailures: [{ itemIdentifier: batch[10]?.dynamodb.SequenceNumber }],
    })
    expect(counts).toMatchObject({ SystemFaults: 1, EventsAnnounced: 10 })
    expect(dimensions.SystemFaults).toEqual([{ code: 'event_not_announced' }])
    expect(lines).toContainEqual(expect.objectContaining({ event: 'event_not_announced' }))
  })
})

test('a record that cannot be read is told and holds up nothing', async () => {
  const { send, types, counts } = setUp()

  expect(await send({ eventID: 'x' }, change(undefined, correlation()))).toEqual({ batchItemFailures: [] })
  expect(types()).toEqual(['Request Received'])
  expect(counts).toMatchObject({ SystemFaults: 1 })
})

test('records of another table, and records that are no requests, are no events', async () => {
  const { send, types } = setUp()
  await send(
    change(undefined, correlation(), { table: 'other' }),
    change(undefined, { request_key: 'x', state: 'pending' }),
  )

  expect(types()).toEqual([])
})

test('events that are put back by hand are announced, and others refused', async () => {
  const { send, handle, announced } = setUp()
  await send(change(undefined, correlation()))
  const [event] = announced

  expect(await handle({ events: [event] })).toBe(null)
  expect(announced).toHaveLength(2)
  await expect(handle({ events: [{ type: 'Request Received', detail: {} }] })).rejects.toMatchObject({
    code: 'event_not_announced',
  })
})
