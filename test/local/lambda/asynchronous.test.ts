import { describe, expect, test } from 'vitest'
import { createLambdaService, type LogEntry } from '#local/lambda/index.ts'
import { openState } from '#local/state/index.ts'
import { createFakeClock } from '../state/fake-clock.ts'
import { arnOf, type Delivered, functionOf, setUp } from './set-up.ts'

const SUCCESS_ARN = arnOf('publisher')
const FAILURE_ARN = 'arn:aws:sqs:eu-west-1:123456789012:failures'
const DEAD_ARN = 'arn:aws:sqs:eu-west-1:123456789012:dead'
const ROLE_ARN = 'arn:aws:iam::123456789012:role/echo'

const ECHO = 'export const handler = async (event) => ({ event })'
// Fails as often as the event says, in one environment.
const FAILS = `let attempts = 0
  export const handler = async ({ failures = Infinity }) => {
    attempts += 1
    if (attempts <= failures) throw new Error('attempt ' + attempts)
    return attempts
  }`

describe('an event', () => {
  test('is run once and forgotten', async () => {
    const { service, lines } = setUp()
    service.define(functionOf(ECHO))
    service.start()

    const { requestId } = await service.invokeAsync('echo', { a: 1 })
    await service.idle()

    expect(lines.map((line) => line.requestId)).toEqual([requestId, requestId, requestId])
    expect(service.stats().echo).toMatchObject({
      asyncEventsReceived: 1,
      invocations: 1,
      queued: 0,
      asyncEventsDropped: 0,
    })
  })

  test('waits for the start', async () => {
    const { service } = setUp()
    service.define(functionOf(ECHO))

    await service.invokeAsync('echo', {})
    expect(service.stats().echo).toMatchObject({ invocations: 0, queued: 1 })
    service.start()
    await service.idle()

    expect(service.stats().echo).toMatchObject({ invocations: 1, queued: 0 })
  })

  test('is run in its turn when there are more than environments', async () => {
    const order: unknown[] = []
    const { service } = setUp({
      maxWorkersPerFunction: 1,
      onLine: ({ text }) => void (text.startsWith('n') && order.push(text)),
    })
    service.define(functionOf(`export const handler = async ({ n }) => { process.stdout.write('n' + n + '\\n') }`))
    service.start()

    for (let n = 0; n < 50; n += 1) await service.invokeAsync('echo', { n })
    expect(service.stats().echo?.waiting).toBeLessThanOrEqual(1)
    await service.idle()

    expect(order).toEqual(Array.from({ length: 50 }, (_, n) => `n${n}`))
  })

  test('that fails is run again after one and after two minutes, under the same request id', async () => {
    const clock = createFakeClock()
    const { service, lines, delivered } = setUp({ clock })
    service.define(functionOf(FAILS))
    service.configureAsync('echo', { onSuccessArn: SUCCESS_ARN })
    service.start()

    const { requestId } = await service.invokeAsync('echo', { failures: 2 })
    await clock.scheduled(60_000)
    expect(service.stats().echo).toMatchObject({ invocations: 1, queued: 1 })
    clock.advance(60_000)
    await clock.scheduled(120_000)
    expect(service.stats().echo).toMatchObject({ invocations: 2, queued: 1 })
    clock.advance(120_000)
    await service.idle()

    expect(new Set(lines.map((line) => line.requestId))).toEqual(new Set([requestId]))
    expect(delivered).toMatchObject([{ body: { requestContext: { approximateInvokeCount: 3 }, responsePayload: 3 } }])
  })

  test('is not retried where the settings say so', async () => {
    const { service, delivered } = setUp()
    service.define(functionOf(FAILS))
    service.configureAsync('echo', { maximumRetryAttempts: 0, onFailureArn: FAILURE_ARN })
    service.start()

    await service.invokeAsync('echo', {})
    await service.idle()

    expect(delivered).toMatchObject([
      { body: { requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 1 } } },
    ])
  })

  test('that has become too old is given up without another attempt', async () => {
    const clock = createFakeClock()
    const { service, delivered } = setUp({ clock })
    service.define(functionOf(FAILS))
    service.configureAsync('echo', { maximumEventAgeSeconds: 90, onFailureArn: FAILURE_ARN })
    service.start()

    const { requestId } = await service.invokeAsync('echo', { a: 1 })
    await clock.scheduled(60_000)
    clock.advance(60_000)
    await clock.scheduled(30_000)
    clock.advance(30_000)
    await service.idle()

    expect(service.stats().echo).toMatchObject({ invocations: 2, asyncEventsDropped: 1 })
    expect(delivered.map(({ body }) => body)).toEqual([
      {
        version: '1.0',
        timestamp: '2026-11-21T12:01:30.000Z',
        requestContext: {
          requestId,
          functionArn: `${arnOf('echo')}:$LATEST`,
          condition: 'EventAgeExceeded',
          approximateInvokeCount: 2,
        },
        requestPayload: { a: 1 },
      },
    ])
  })

  test('for a function that cannot be started is put off for longer each time, until it is too old', async () => {
    const clock = createFakeClock()
    const { service, entries, delivered } = setUp({ clock })
    service.define(functionOf(ECHO, { environment: { NODE_OPTIONS: '--no-such-option' } }))
    service.configureAsync('echo', { maximumEventAgeSeconds: 60, onFailureArn: FAILURE_ARN })
    service.start()

    await service.invokeAsync('echo', {})
    for (const seconds of [1, 2, 4, 8, 16]) {
      await clock.scheduled(seconds * 1000)
      clock.advance(seconds * 1000)
    }
    await clock.scheduled(29_000)
    clock.advance(29_000)
    await service.idle()

    expect(entries.map(({ code }) => code)).toEqual([...Array(6).fill('EVENT_DELAYED'), 'EVENT_DROPPED'])
    expect(delivered).toMatchObject([
      { body: { requestContext: { condition: 'EventAgeExceeded', approximateInvokeCount: 0 } } },
    ])
  })

  test('that is throttled is tried again, later each time', async () => {
    const clock = createFakeClock()
    const throttled = Promise.withResolvers<void>()
    const { service, entries } = setUp({ clock, onEntry: () => throttled.resolve() })
    const source = `export const handler = async ({ waitMs = 0 }) => { await new Promise((r) => setTimeout(r, waitMs)) }`
    service.define(functionOf(source, { reservedConcurrency: 1 }))
    service.start()

    const busy = service.invoke('echo', { waitMs: 100 })
    await service.invokeAsync('echo', {})
    await throttled.promise
    await busy
    expect(entries).toMatchObject([{ code: 'EVENT_DELAYED', message: expect.stringMatching(/^Tried again in 1 s/) }])
    expect(service.stats().echo).toMatchObject({ throttles: 1, invocations: 1, queued: 1 })
    clock.advance(1000)
    await service.idle()

    expect(service.stats().echo).toMatchObject({ throttles: 1, invocations: 2, queued: 0, asyncEventsDropped: 0 })
  })

  test('for a function with reserved concurrency 0 goes where failures go, at once', async () => {
    const { service, delivered } = setUp()
    service.define(functionOf(ECHO, { reservedConcurrency: 0, deadLetterArn: DEAD_ARN }))
    service.start()

    const { requestId } = await service.invokeAsync('echo', { a: 1 })
    await service.idle()

    expect(delivered).toMatchObject([{ targetArn: DEAD_ARN, body: { a: 1 }, from: { requestId, errorCode: 429 } }])
    expect(service.stats().echo).toMatchObject({ throttles: 1, invocations: 0 })
  })
})

describe('an event that is handed over twice', () => {
  test('runs twice under one request id, and both runs reach the destination', async () => {
    const { service, lines, delivered } = setUp({ duplicatesOf: (name) => (name === 'echo' ? 1 : 0) })
    service.define(functionOf(ECHO))
    service.configureAsync('echo', { onSuccessArn: SUCCESS_ARN })
    service.start()

    const { requestId } = await service.invokeAsync('echo', { a: 1 })
    await service.idle()

    expect(new Set(lines.map((line) => line.requestId))).toEqual(new Set([requestId]))
    expect(service.stats().echo).toMatchObject({ asyncEventsReceived: 1, invocations: 2, queued: 0 })
    const records = delivered.map(({ body, from }) => [Object(body).requestContext.requestId, from.requestId])
    expect(records).toEqual([
      [requestId, requestId],
      [requestId, requestId],
    ])
  })
})

describe('a destination', () => {
  test('gets the record of a success', async () => {
    const { service, delivered } = setUp({ clock: createFakeClock() })
    service.define(functionOf(ECHO, { roleArn: ROLE_ARN, deadLetterArn: DEAD_ARN }))
    service.configureAsync('echo', { onSuccessArn: SUCCESS_ARN, onFailureArn: FAILURE_ARN })
    service.start()

    const { requestId } = await service.invokeAsync('echo', { a: 1 })
    await service.idle()

    const body = {
      version: '1.0',
      timestamp: '2026-11-21T12:00:00.000Z',
      requestContext: {
        requestId,
        functionArn: `${arnOf('echo')}:$LATEST`,
        condition: 'Success',
        approximateInvokeCount: 1,
      },
      requestPayload: { a: 1 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST' },
      responsePayload: { event: { a: 1 } },
    }
    const from = { functionArn: arnOf('echo'), roleArn: ROLE_ARN, kind: 'destination', requestId }
    expect(delivered).toEqual([{ targetArn: SUCCESS_ARN, body, from }])
  })

  test('gets the record of a failure, and the dead-letter queue the event', async () => {
    const { service, delivered } = setUp({ clock: createFakeClock() })
    const source = `export const handler = async () => { throw new TypeError('ü'.repeat(1000)) }`
    service.define(functionOf(source, { deadLetterArn: DEAD_ARN }))
    service.configureAsync('echo', { maximumRetryAttempts: 0, onSuccessArn: SUCCESS_ARN, onFailureArn: FAILURE_ARN })
    service.start()

    const { requestId } = await service.invokeAsync('echo', { a: 1 })
    await service.idle()

    expect(delivered).toEqual([
      {
        targetArn: FAILURE_ARN,
        body: {
          version: '1.0',
          timestamp: '2026-11-21T12:00:00.000Z',
          requestContext: {
            requestId,
            functionArn: `${arnOf('echo')}:$LATEST`,
            condition: 'RetriesExhausted',
            approximateInvokeCount: 1,
          },
          requestPayload: { a: 1 },
          responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
          responsePayload: { errorType: 'TypeError', errorMessage: 'ü'.repeat(1000), trace: expect.any(Array) },
        },
        from: { functionArn: arnOf('echo'), kind: 'destination', requestId },
      },
      {
        targetArn: DEAD_ARN,
        body: { a: 1 },
        from: {
          functionArn: arnOf('echo'),
          kind: 'deadLetter',
          requestId,
          errorCode: 200,
          errorMessage: 'ü'.repeat(512),
        },
      },
    ])
  })

  test('may be another function of the service', async () => {
    const { service, delivered } = setUp({
      async deliver({ targetArn, body }) {
        await service.invokeAsync(targetArn, body)
      },
    })
    service.define(functionOf(ECHO))
    service.define(
      functionOf('export const handler = async (record) => record.responsePayload', { functionName: 'publisher' }),
    )
    service.configureAsync('echo', { onSuccessArn: SUCCESS_ARN })
    service.start()

    for (let index = 0; index < 20; index += 1) await service.invokeAsync('echo', { index })
    await service.idle()

    expect(delivered).toHaveLength(20)
    expect(service.stats().publisher).toMatchObject({ asyncEventsReceived: 20, invocations: 20, errors: 0, queued: 0 })
  })

  test('that refuses is tried again, and the function is not', async () => {
    const clock = createFakeClock()
    const { service, delivered, entries } = setUp({ clock, deliver: refusing(3) })
    service.define(functionOf(ECHO))
    service.configureAsync('echo', { onSuccessArn: SUCCESS_ARN })
    service.start()

    await service.invokeAsync('echo', {})
    for (const delayMs of [1000, 2000, 4000]) {
      await clock.scheduled(delayMs)
      clock.advance(delayMs)
    }
    await service.idle()

    expect(delivered).toHaveLength(1)
    expect(entries.map(({ code }) => code)).toEqual(Array(3).fill('DELIVERY_RETRIED'))
    expect(entries[0]?.message).toBe(`destination ${SUCCESS_ARN}: AccessDenied`)
    expect(service.stats().echo).toMatchObject({ invocations: 1, destinationDeliveryFailures: 0 })
  })

  test('that refuses for good is counted, and the event goes to the dead-letter queue', async () => {
    const clock = createFakeClock()
    const { service, delivered, entries } = setUp({
      clock,
      deliver: async ({ targetArn }) => {
        if (targetArn !== DEAD_ARN) throw new Error('AccessDenied')
      },
    })
    service.define(functionOf(ECHO, { deadLetterArn: DEAD_ARN }))
    service.configureAsync('echo', { onSuccessArn: SUCCESS_ARN })
    service.start()

    await service.invokeAsync('echo', { a: 1 })
    for (const delayMs of [1000, 2000, 4000]) {
      await clock.scheduled(delayMs)
      clock.advance(delayMs)
    }
    await service.idle()

    expect(delivered).toMatchObject([{ targetArn: DEAD_ARN, body: { a: 1 }, from: { kind: 'deadLetter' } }])
    expect(entries.at(-1)).toMatchObject({ code: 'DELIVERY_FAILED', level: 'error' })
    expect(service.stats().echo).toMatchObject({ destinationDeliveryFailures: 1, deadLetterErrors: 0 })
  })

  test('has its record delivered after a restart, without another run of the function', async () => {
    const state = openState({ file: ':memory:' })
    const refused = Promise.withResolvers<void>()
    const first = createLambdaService({
      db: state.db,
      log: () => refused.resolve(),
      deliver: async () => {
        throw new Error('not now')
      },
    })
    first.define(functionOf(ECHO))
    first.configureAsync('echo', { onSuccessArn: SUCCESS_ARN })
    first.start()
    const { requestId } = await first.invokeAsync('echo', { a: 1 })
    await refused.promise
    await first.close()

    const clock = createFakeClock(Date.now() + 10_000)
    const { service, delivered } = setUp({ state, clock })
    service.define(functionOf(ECHO))
    service.start()
    await service.idle()

    expect(delivered).toMatchObject([{ targetArn: SUCCESS_ARN, body: { requestContext: { requestId } } }])
    expect(service.stats().echo).toMatchObject({ invocations: 0 })
  })
})

test('events of a function that is not defined are named at the start and kept', async () => {
  const state = openState({ file: ':memory:' })
  const entries: LogEntry[] = []
  const before = setUp({ state })
  before.service.define(functionOf(ECHO))
  await before.service.invokeAsync('echo', {})
  await before.service.close()

  const service = createLambdaService({ db: state.db, log: (entry) => entries.push(entry), deliver: async () => {} })
  service.start()
  await service.idle()
  expect(entries).toMatchObject([{ code: 'EVENTS_WITHOUT_FUNCTION', functionName: 'echo' }])
  service.define(functionOf(ECHO))
  await service.idle()
  expect(service.stats().echo).toMatchObject({ invocations: 1, queued: 0 })
  await service.close()
})

test.each([
  ['three retries', { maximumRetryAttempts: 3 }],
  ['an age under a minute', { maximumEventAgeSeconds: 59 }],
  ['an age over six hours', { maximumEventAgeSeconds: 21_601 }],
])('refuses %s', (_, settings) => {
  const { service } = setUp()
  service.define(functionOf(ECHO))

  expect(() => service.configureAsync('echo', settings)).toThrow(
    expect.objectContaining({ code: 'InvalidParameterValueException' }),
  )
})

function refusing(times: number): (delivered: Delivered) => Promise<void> {
  let refusals = 0
  return async () => {
    refusals += 1
    if (refusals <= times) throw new Error('AccessDenied')
  }
}
