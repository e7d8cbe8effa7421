import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type LifecycleEvent, type PresenceCheck, presenceRecordSchema } from '#contract/index.ts'
import { createPresence } from '#functions/presence/handler.ts'
import { createPresenceTable } from '#functions/presence/presence-table.ts'
import { openDynamoDb, type TestDynamoDb } from '../../fixtures/dynamodb.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'

const TABLE = 'presence'
const NOW_MS = 1_800_000_000_000
const HOUR_MS = 60 * 60 * 1_000

let dynamoDb: TestDynamoDb
beforeAll(async () => {
  dynamoDb = openDynamoDb()
  await dynamoDb.createTable(TABLE, 'client_id')
})
afterAll(() => dynamoDb[Symbol.asyncDispose]())

let clients = 0
let clientId: string
beforeEach(() => {
  clients += 1
  clientId = `c${clients}`
})

function setUp() {
  const observer = createRecordingObserver()
  const { counts, lines } = observer
  const checks: PresenceCheck[] = []
  const table = createPresenceTable({ client: dynamoDb.client, tableName: TABLE })
  let refused = false
  const handle = createPresence({
    table,
    observer,
    async defer(check) {
      if (refused) throw new Error('no queue')
      checks.push(check)
    },
  })
  return {
    checks,
    counts,
    dimensions: observer.dimensions,
    lines,
    handle,
    refuseChecks: (value: boolean) => {
      refused = value
    },
    send: (event: LifecycleEvent) => handle(ruleEvent(JSON.stringify(event))),
    confirm: (...bodies: unknown[]) =>
      handle({
        Records: bodies.map((body, index) => ({
          messageId: `m${index}`,
          body: typeof body === 'string' ? body : JSON.stringify(body),
        })),
      }),
  }
}

function ruleEvent(text: string) {
  const payload = Buffer.from(text).toString('base64')
  return { payload, topic: '$aws/events/presence/connected/x', client_id: 'n/a', received_at_ms: NOW_MS }
}
const event = (
  eventType: LifecycleEvent['eventType'],
  versionNumber: number,
  afterMs = 0,
  more: Partial<LifecycleEvent> = {},
): LifecycleEvent => ({
  clientId,
  eventType,
  versionNumber,
  timestamp: NOW_MS + afterMs,
  sessionIdentifier: `s${versionNumber}`,
  ...more,
})
async function recordOf(id = clientId) {
  const { Item } = await dynamoDb.client.send(new GetItemCommand({ TableName: TABLE, Key: { client_id: { S: id } } }))
  return Item && presenceRecordSchema.parse(unmarshall(Item))
}

test('a connection is kept with its session and address, and announced at once', async () => {
  const { send, checks } = setUp()
  await send(event('connected', 0, 0, { ipAddress: '192.0.2.1' }))

  expect(await recordOf()).toEqual({
    client_id: clientId,
    state: 'connected',
    announced: 'connected',
    event_order: 0,
    at_ms: NOW_MS,
    connected_at_ms: NOW_MS,
    session_id: 's0',
    ip_address: '192.0.2.1',
  })
  expect(checks).toEqual([])
})

describe('a disconnection', () => {
  test('is announced once it has lasted', async () => {
    const { send, checks, confirm } = setUp()
    await send(event('connected', 0))
    await send(event('disconnected', 0, 1_000, { disconnectReason: 'CONNECTION_LOST' }))
    expect(await recordOf()).toMatchObject({
      state: 'disconnected',
      announced: 'connected',
      disconnect_reason: 'CONNECTION_LOST',
      connected_at_ms: NOW_MS,
    })

    expect(await confirm(...checks)).toEqual({ batchItemFailures: [] })
    expect(await recordOf()).toMatchObject({ state: 'disconnected', announced: 'disconnected' })
  })

  test('that the client comes back from within the grace time is never announced', async () => {
    const { send, checks, confirm } = setUp()
    await send(event('connected', 0))
    await send(event('disconnected', 0, 1_000))
    await send(event('connected', 1, 1_200))
    await confirm(...checks)

    expect(await recordOf()).toMatchObject({ state: 'connected', announced: 'connected', at_ms: NOW_MS + 1_200 })
    expect(await recordOf()).not.toHaveProperty('disconnect_reason')
  })

  test('is checked by the last of several, when a client flaps', async () => {
    const { send, checks, confirm } = setUp()
    for (const version of [0, 1, 2]) {
      await send(event('connected', version, version * 1_000))
      await send(event('disconnected', version, version * 1_000 + 500))
    }
    expect(checks).toHaveLength(3)
    await confirm(...checks.slice(0, 2))
    expect(await recordOf()).toMatchObject({ announced: 'connected' })

    await confirm(checks[2])
    expect(await recordOf()).toMatchObject({ announced: 'disconnected' })
  })

  test('of a client that was never seen before is not announced', async () => {
    const { send, checks } = setUp()
    await send(event('disconnected', 0))

    expect(await recordOf()).toMatchObject({ state: 'disconnected', announced: 'disconnected' })
    expect(checks).toEqual([])
  })

  test('whose check could not be sent is repeated, and the check is made up for', async () => {
    const { send, checks, refuseChecks } = setUp()
    await send(event('connected', 0))
    refuseChecks(true)
    await expect(send(event('disconnected', 0, 1_000))).rejects.toThrow('no queue')
    refuseChecks(false)
    await send(event('disconnected', 0, 1_000))

    expect(checks).toHaveLength(1)
  })
})

describe('order', () => {
  test('by version, whatever comes first', async () => {
    const { send } = setUp()
    await send(event('connected', 1, 50))
    await send(event('disconnected', 0, 60))

    expect(await recordOf()).toMatchObject({ state: 'connected', event_order: 2 })
  })

  test('after an hour by time, since versions begin anew', async () => {
    const { send } = setUp()
    await send(event('connected', 7))
    await send(event('connected', 0, HOUR_MS))
    await send(event('disconnected', 8, 1_000))

    expect(await recordOf()).toMatchObject({ state: 'connected', at_ms: NOW_MS + HOUR_MS })
  })

  test('clocks of the service that differ by a minute change nothing', async () => {
    const { send } = setUp()
    await send(event('disconnected', 4, 60_000))
    await send(event('connected', 5, 0))

    expect(await recordOf()).toMatchObject({ state: 'connected' })
  })

  test('any order and any repeats end in the newest state, and confirming every check in what is true', async () => {
    const stories = fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }).chain((kinds) => {
      const story = kinds.map((_, index) => index)
      const shuffled = fc.shuffledSubarray([...story, ...story], { minLength: story.length })
      return fc.tuple(fc.constant(story.length), shuffled)
    })
    await fc.assert(
      fc.asyncProperty(stories, async ([length, order]) => {
        clients += 1
        clientId = `c${clients}`
        const { send, checks, confirm } = setUp()
        const events = Array.from({ length }, (_, index) =>
          event(index % 2 === 0 ? 'connected' : 'disconnected', Math.floor(index / 2), index * 100),
        )
        const sent = [...order, ...events.keys()]
        for (const index of sent) await send(events[index] ?? event('connected', 0))
        await confirm(...checks)

        const last = events.at(-1)
        expect(await recordOf()).toMatchObject({
          state: last?.eventType,
          announced: last?.eventType,
          at_ms: last?.timestamp,
        })
      }),
      { numRuns: 40 },
    )
  })
})

describe('what is no lifecycle event', () => {
  test.each([
    ['no JSON', ruleEvent('x')],
    ['another event', ruleEvent(JSON.stringify({ clientId: 'a', timestamp: 1, eventType: 'subscribed' }))],
    ['no client', ruleEvent(JSON.stringify({ timestamp: 1, eventType: 'connected' }))],
    ['no event of a rule', { clientId: 'a' }],
  ])('fails with a code and is counted: %s', async (_, given) => {
    const { handle, counts, dimensions, lines } = setUp()

    await expect(handle(given)).rejects.toMatchObject({ code: 'lifecycle_event_invalid' })
    expect(dimensions.SystemFaults).toEqual([{ code: 'lifecycle_event_invalid' }])
    expect(counts).toMatchObject({ SystemFaults: 1 })
    expect(JSON.stringify(lines)).toContain('lifecycle_event_invalid')
  })

  test('a check that is none is given back, and the others are handled', async () => {
    const { send, checks, confirm } = setUp()
    await send(event('connected', 0))
    await send(event('disconnected', 0, 1_000))

    expect(await confirm('x', ...checks, { client_id: 'a' })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm0' }, { itemIdentifier: 'm2' }],
    })
    expect(await recordOf()).toMatchObject({ announced: 'disconnected' })
  })
})

test('a check may be confirmed twice', async () => {
  const { send, checks, confirm } = setUp()
  await send(event('connected', 0))
  await send(event('disconnected', 0, 1_000))
  await confirm(...checks)

  expect(await confirm(...checks)).toEqual({ batchItemFailures: [] })
})
