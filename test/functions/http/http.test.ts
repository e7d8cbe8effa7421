import { describe, expect, test } from 'vitest'
import { type DeliveryReceipt, HTTP_WAIT } from '#contract/index.ts'
import { answerOutcome, deviceRequestKey } from '#correlation/index.ts'
import { createHttpGate } from '../../../functions/http/handler.ts'
import { START_MS, setUp } from '../asking/set-up.ts'

const CALLER = 'arn:aws:iam::123456789012:user/operator'
const ANSWER = { status: 200, headers: {}, body: { on: true } }
const PENDING_ID = '00000000-0000-4000-8000-000000000001'
const KEY = deviceRequestKey({ clientId: 'lamp-1', correlationId: PENDING_ID })

/** The API with a clock that pauses move on, and a lamp that answers when `answersAfterMs` have passed. */
function setUpHttp(options: Parameters<typeof setUp>[0] & { answersAfterMs?: number; payload?: unknown } = {}) {
  const parts = setUp(options)
  const { clock, requests } = parts
  let reads = 0
  const counted = {
    ...requests,
    find(...args: Parameters<typeof requests.find>) {
      reads += 1
      return requests.find(...args)
    },
  }
  const answer = (key = KEY) =>
    requests.settle(key, {
      state: 'completed',
      outcome: answerOutcome(ANSWER),
      answerId: 'm',
      answerTopic: 'jamey/devices/lamp-1/responses',
      atMs: clock.nowMs,
    })
  const gate = createHttpGate({
    ...parts.dependencies,
    requests: counted,
    ask: parts.ask,
    async pause(ms) {
      clock.nowMs += ms
      if (options.answersAfterMs !== undefined && clock.nowMs - START_MS >= options.answersAfterMs) await answer()
    },
  })
  const event = (changes: Readonly<Record<string, unknown>>) => ({
    routeKey: 'POST /devices/{clientId}/requests',
    pathParameters: { clientId: 'lamp-1' },
    headers: {},
    body: JSON.stringify(options.payload ?? { method: 'GET', path: '/state' }),
    requestContext: { requestId: 'r', timeEpoch: clock.nowMs, authorizer: { iam: { userArn: CALLER } } },
    ...changes,
  })
  async function send(changes: Readonly<Record<string, unknown>> = {}) {
    const { statusCode, headers, body } = await gate(event(changes))
    return { statusCode, headers, body: JSON.parse(body) as Record<string, unknown> }
  }
  const look = (requestId: string) =>
    send({ routeKey: 'GET /requests/{requestId}', pathParameters: { requestId }, body: undefined })
  return { ...parts, send, look, answer, reads: () => reads }
}

describe('POST /devices/{clientId}/requests', () => {
  test('gives the answer of the device', async () => {
    const { send, sent } = setUpHttp({ answersAfterMs: 300 })

    expect(await send()).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'application/json', location: `/requests/lamp-1~${PENDING_ID}` },
      body: ANSWER,
    })
    expect(sent).toHaveLength(1)
  })

  test('waits 29 s and no longer, with the documented number of reads', async () => {
    const { send, clock, reads } = setUpHttp()
    const { statusCode, headers, body } = await send()

    expect(statusCode).toBe(504)
    expect(headers['content-type']).toBe('application/problem+json')
    expect(body).toMatchObject({ code: 'device_answer_pending', correlation_id: PENDING_ID, retryable: true })
    expect(clock.nowMs - START_MS).toBe(HTTP_WAIT.longestMs)
    expect(reads()).toBe(HTTP_WAIT.reads)
  })

  test('counts from when the gateway took the request', async () => {
    const { send, clock } = setUpHttp()
    const authorizer = { iam: { userArn: CALLER } }
    await send({ requestContext: { requestId: 'r', timeEpoch: START_MS - 4_000, authorizer } })
    expect(clock.nowMs - START_MS).toBe(HTTP_WAIT.longestMs - 4_000)
  })

  test('ends with the deadline where that is shorter, for good', async () => {
    const { send, look, answer } = setUpHttp()
    const query = { queryStringParameters: { deadline_seconds: '2' } }

    expect(await send(query)).toMatchObject({ statusCode: 504, body: { code: 'device_request_expired' } })
    await answer()
    expect(await look(`lamp-1~${PENDING_ID}`)).toMatchObject({ statusCode: 200, body: { state: 'expired' } })
  })

  test.each([
    ['respond-async', 202, 0],
    ['respond-async, wait=3', 202, 3_000],
    ['wait=3', 504, 3_000],
  ])('with Prefer: %s gives %i after %i ms', async (prefer, statusCode, waitedMs) => {
    const { send, clock } = setUpHttp()
    const { headers, ...answer } = await send({ headers: { prefer } })

    expect(answer).toMatchObject({ statusCode })
    expect(headers.location).toBe(`/requests/lamp-1~${PENDING_ID}`)
    expect(clock.nowMs - START_MS).toBe(waitedMs)
  })

  test('asks once for an idempotency key, and again for another caller', async () => {
    const { send, requests } = setUpHttp()
    const key = { headers: { 'idempotency-key': 'once', prefer: 'respond-async' } }
    const first = await send(key)
    const again = await send(key)
    const other = await send({
      ...key,
      requestContext: { requestId: 'r', timeEpoch: START_MS, authorizer: { iam: { userArn: `${CALLER}-2` } } },
    })

    expect(again.body.request_id).toBe(first.body.request_id)
    expect(other.body.request_id).not.toBe(first.body.request_id)
    const correlationId = String(first.body.correlation_id)
    expect(await requests.find(deviceRequestKey({ clientId: 'lamp-1', correlationId }))).toMatchObject({ attempts: 2 })
    const changed = await send({ ...key, body: JSON.stringify({ method: 'PUT', path: '/state' }) })
    expect(changed).toMatchObject({ statusCode: 409, body: { code: 'correlation_conflict' } })
  })

  test('takes a caller by its JWT, and none that is unknown', async () => {
    const { send } = setUpHttp({ answersAfterMs: 0 })
    const jwt = { claims: { iss: 'https://issuer', sub: 'someone' } }
    const from = (authorizer: unknown) => ({ requestContext: { requestId: 'r', timeEpoch: START_MS, authorizer } })

    expect(await send(from({ jwt }))).toMatchObject({ statusCode: 200 })
    expect(await send(from(undefined))).toMatchObject({ statusCode: 401, body: { code: 'caller_unverified' } })
  })

  test('an offline device is told at once', async () => {
    const { send } = setUpHttp({ deliver: async () => ({ delivered: 'offline' }) })
    expect(await send()).toMatchObject({ statusCode: 503, body: { code: 'device_offline', retryable: true } })
  })

  test('a device that was away is asked when the same key comes again', async () => {
    const deliveries: DeliveryReceipt[] = [{ delivered: 'offline' }, { delivered: 'confirmed' }]
    const { send, look } = setUpHttp({ deliver: async () => deliveries.shift() ?? { delivered: 'confirmed' } })
    const key = { headers: { 'idempotency-key': 'once', prefer: 'respond-async' } }
    const away = await send(key)
    const there = await send(key)

    expect(away).toMatchObject({ statusCode: 503, body: { code: 'device_offline', retryable: true } })
    expect(there).toMatchObject({ statusCode: 202, headers: { location: away.headers.location } })
    expect(await look(String(there.body.request_id))).toMatchObject({ body: { state: 'pending' } })
  })

  test.each<[string, Record<string, unknown>, number, string]>([
    ['a body that is not JSON', { body: '{' }, 400, 'device_request_invalid'],
    ['a payload that does not fit', { body: '{}' }, 400, 'invalid_payload'],
    ['a query it does not know', { queryStringParameters: { retries: '3' } }, 400, 'device_request_invalid'],
    [
      'a topic that is not answered',
      { queryStringParameters: { topic: 'memory/updates' } },
      400,
      'device_request_invalid',
    ],
    ['an endless wait', { headers: { prefer: 'wait=long' } }, 400, 'device_request_invalid'],
    ['a key of no length', { headers: { 'idempotency-key': '' } }, 400, 'device_request_invalid'],
    ['an unknown device', { pathParameters: { clientId: 'nobody' } }, 403, 'device_unregistered'],
    ['a route it does not have', { routeKey: 'PUT /x' }, 404, 'device_request_unknown'],
  ])('%s is a problem of its own', async (_, changes, statusCode, code) => {
    const { send, sent } = setUpHttp()
    expect(await send(changes)).toMatchObject({
      statusCode,
      headers: { 'content-type': 'application/problem+json' },
      body: { status: statusCode, code, request_id: 'r' },
    })
    expect(sent).toEqual([])
  })

  test('a fault of the system tells its code and no more', async () => {
    const { send, observer } = setUpHttp({ deliver: () => Promise.reject(new Error('the inner reason')) })
    const { statusCode, body } = await send()

    expect(statusCode).toBe(500)
    expect(body).toMatchObject({ code: 'internal', detail: 'the bridge could not do it' })
    expect(observer.counts).toMatchObject({ SystemFaults: 1 })
  })
})

describe('GET /requests/{requestId}', () => {
  test('tells what is pending, and the answer once there is one', async () => {
    const { send, look, answer } = setUpHttp()
    const { headers } = await send({ headers: { prefer: 'respond-async' } })
    const id = String(headers.location).split('/').at(-1) ?? ''

    expect(await look(id)).toMatchObject({ statusCode: 200, body: { state: 'pending', request_id: id } })
    await answer()
    expect(await look(id)).toMatchObject({ statusCode: 200, body: { state: 'completed', answer: ANSWER } })
  })

  test.each(['', 'x', `lamp-2~${PENDING_ID}`, `lamp-1#${PENDING_ID}`])('knows nothing of %j', async (id) => {
    const { send, look } = setUpHttp()
    await send({ headers: { prefer: 'respond-async' } })
    expect(await look(id)).toMatchObject({ statusCode: 404, body: { code: 'device_request_unknown' } })
  })
})
