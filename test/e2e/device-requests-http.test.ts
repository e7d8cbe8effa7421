import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  ANSWER,
  ASYNC,
  answerTo,
  type Bridge,
  connectAsked,
  questionTo,
  type RequestsApi,
  requestsApi,
  startBridge,
} from './harness/index.ts'

const PROBLEM = 'application/problem+json'

let bridge: Bridge
let api: RequestsApi
beforeAll(async () => {
  bridge = await startBridge()
  api = requestsApi(bridge)
})
afterAll(() => bridge?.[Symbol.asyncDispose]())

describe('a caller that waits', () => {
  test('gets the answer of the device, and finds it again at its location', async () => {
    await using lamp = await connectAsked(bridge, 'lamp-waits')
    const asked = api.ask('lamp-waits')
    const question = await questionTo(lamp)
    await answerTo(lamp, question)

    const answered = await asked
    expect(answered).toMatchObject({ status: 200, body: ANSWER })
    const { correlation_id } = question.envelope.metadata
    expect(await api.look(answered.location)).toMatchObject({ state: 'completed', correlation_id, answer: ANSWER })
  })

  test('gets 504 with the correlation id when its time is up, and may look for the answer', async () => {
    await using lamp = await connectAsked(bridge, 'lamp-slow')
    const { status, contentType, body, location } = await api.ask('lamp-slow', { headers: { prefer: 'wait=1' } })
    const question = await questionTo(lamp)

    expect([status, contentType]).toEqual([504, PROBLEM])
    const { correlation_id } = question.envelope.metadata
    expect(body).toMatchObject({
      code: 'device_answer_pending',
      status: 504,
      retryable: true,
      correlation_id,
      location,
    })
    expect(await api.look(location)).toMatchObject({ state: 'pending', correlation_id })
    await answerTo(lamp, question)
    await bridge.runtime.idle()
    expect(await api.look(location)).toMatchObject({ state: 'completed', answer: ANSWER })
  })

  test('is told what the device could not do, in the words of the device', async () => {
    await using lamp = await connectAsked(bridge, 'lamp-broken')
    const asked = api.ask('lamp-broken')
    const error = { code: 'no_light', message: 'the bulb is gone', component: 'lamp', severity: 'error' }
    await answerTo(lamp, await questionTo(lamp), error, { status: 'error' })

    const { status, contentType, body, location } = await asked
    expect([status, contentType]).toEqual([502, PROBLEM])
    expect(body).toMatchObject({ code: 'device_failed', device: { code: 'no_light', message: 'the bulb is gone' } })
    expect(await api.look(location)).toMatchObject({
      state: 'failed',
      error: { code: 'device_failed', device: { code: 'no_light' } },
    })
  })

  test('is told at once that the device is away, and later nothing else', async () => {
    await bridge.register({ client_id: 'lamp-away' })
    const { status, contentType, body, location } = await api.ask('lamp-away')

    expect([status, contentType]).toEqual([503, PROBLEM])
    expect(body).toMatchObject({ code: 'device_offline', correlation_id: expect.any(String) })
    await using lamp = await connectAsked(bridge, 'lamp-away')
    await answerTo(lamp, { envelope: { metadata: { correlation_id: body.correlation_id } } } as never)
    await bridge.runtime.idle()
    expect(await api.look(location)).toMatchObject({ state: 'failed', error: { code: 'device_offline' } })
  })

  test('is told of the end of the deadline where that comes first', async () => {
    await using _lamp = await connectAsked(bridge, 'lamp-silent')
    const { status, contentType, body, location } = await api.ask('lamp-silent', { query: '?deadline_seconds=1' })

    expect([status, contentType]).toEqual([504, PROBLEM])
    expect(body).toMatchObject({ code: 'device_request_expired', correlation_id: expect.any(String) })
    expect(await api.look(location)).toMatchObject({ state: 'expired', error: { code: 'device_request_expired' } })
  })
})

describe('a caller that does not wait', () => {
  test('gets 202 and a place to look at: pending, then completed', async () => {
    await using lamp = await connectAsked(bridge, 'lamp-later')
    const { status, body, location } = await api.ask('lamp-later', ASYNC)

    expect(status).toBe(202)
    expect(location).toBe(`/requests/${body.request_id}`)
    expect(body).toMatchObject({ state: 'pending', client_id: 'lamp-later' })
    expect(await api.look(location)).toMatchObject({ state: 'pending' })
    await answerTo(lamp, await questionTo(lamp))
    await bridge.runtime.idle()
    expect(await api.look(location)).toMatchObject({ state: 'completed', answer: ANSWER })
  })

  test('finds what nobody answered expired', async () => {
    await using _lamp = await connectAsked(bridge, 'lamp-expires')
    const { location } = await api.ask('lamp-expires', { ...ASYNC, query: '?deadline_seconds=1' })

    expect(await api.look(location)).toMatchObject({ state: 'pending' })
    await vi.waitFor(async () => expect(await api.look(location)).toMatchObject({ state: 'expired' }), 5_000)
  })
})

describe('a device that is away with a session', () => {
  const SESSION = { clean: false, properties: { sessionExpiryInterval: 3_600 } }
  const KEEP = '?when_offline=keep'

  test('is asked when it comes back', async () => {
    await (await connectAsked(bridge, 'lamp-session', SESSION))[Symbol.asyncDispose]()
    const { status, location } = await api.ask('lamp-session', { ...ASYNC, query: KEEP })
    expect(status).toBe(202)

    await using lamp = await connectAsked(bridge, 'lamp-session', SESSION)
    expect(lamp.sessionPresent).toBe(true)
    await answerTo(lamp, await questionTo(lamp))
    await bridge.runtime.idle()
    expect(await api.look(location)).toMatchObject({ state: 'completed', answer: ANSWER })
  })

  test('is not asked any more after the deadline', async () => {
    await (await connectAsked(bridge, 'lamp-late', SESSION))[Symbol.asyncDispose]()
    const { body } = await api.ask('lamp-late', { ...ASYNC, query: `${KEEP}&deadline_seconds=1` })
    // the broker counts whole seconds from when it took the message
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(Date.parse(String(body.deadline_at)) + 1_000), 5_000)

    await using lamp = await connectAsked(bridge, 'lamp-late', SESSION)
    const next = await api.ask('lamp-late', ASYNC)
    const { envelope } = await questionTo(lamp)
    expect(envelope.metadata.correlation_id).toBe(next.body.correlation_id)
  })
})

describe('Idempotency-Key', () => {
  test('asks a device that was away, once it is there', async () => {
    const headers = { prefer: 'respond-async', 'idempotency-key': 'away' }
    await bridge.register({ client_id: 'lamp-back' })
    const away = await api.ask('lamp-back', { headers })
    expect(away).toMatchObject({ status: 503, body: { code: 'device_offline', retryable: true } })

    await using lamp = await connectAsked(bridge, 'lamp-back')
    const there = await api.ask('lamp-back', { headers })
    expect(there).toMatchObject({ status: 202, location: away.location })
    await answerTo(lamp, await questionTo(lamp))
    await bridge.runtime.idle()
    expect(await api.look(away.location)).toMatchObject({ state: 'completed', answer: ANSWER })
    expect(await api.ask('lamp-back', { headers })).toMatchObject({ status: 200, body: ANSWER })
  })

  const headers = { prefer: 'respond-async', 'idempotency-key': 'once' }

  test('makes a repeat the same request, also at the same moment, and another one a conflict', async () => {
    await using lamp = await connectAsked(bridge, 'lamp-once')
    const [first, second] = await Promise.all([api.ask('lamp-once', { headers }), api.ask('lamp-once', { headers })])
    expect(second.body.request_id).toBe(first.body.request_id)
    const question = await questionTo(lamp)
    await answerTo(lamp, question)
    await bridge.runtime.idle()
    const asked = lamp.messages.all.length

    // answered now: nobody is asked again
    expect(await api.ask('lamp-once', { headers })).toMatchObject({ status: 200, body: ANSWER })
    const other = await api.ask('lamp-once', { headers, body: { method: 'PUT', path: '/state' } })
    expect(other).toMatchObject({ status: 409, contentType: PROBLEM, body: { code: 'correlation_conflict' } })
    const questions = lamp.messages.all.map(({ envelope }) => envelope.metadata.correlation_id)
    expect(new Set(questions)).toEqual(new Set([first.body.correlation_id]))
    expect(questions).toHaveLength(asked)
  })
})

test('who does not sign is not let in, and an unknown request is not there', async () => {
  await bridge.register({ client_id: 'lamp-closed' })
  const stranger = await api.ask('lamp-closed', { isSigned: false })

  expect(stranger).toMatchObject({ status: 403, body: { message: 'Forbidden' } })
  await expect(api.look('/requests/lamp-closed~7d3f2f0a-5f0b-4a53-9c7e-2b8f4f4f7a11')).rejects.toThrow('404')
})
