import { describe, expect, test } from 'vitest'
import type { DeviceRequestInput, DeviceRequestState } from '#contract/index.ts'
import { deviceRequestKey, expiredOutcome } from '#correlation/index.ts'
import { createRequester } from '../../../functions/requester/handler.ts'
import { CORRELATION, DURABLE, LAMP, START_MS, setUp } from './set-up.ts'

const KEY = deviceRequestKey({ clientId: 'lamp-1', correlationId: CORRELATION })
const REQUEST = { ...LAMP, correlation_id: CORRELATION } satisfies DeviceRequestInput
const offline = async () => ({ delivered: 'offline' }) as const

describe('asking a device', () => {
  test('writes the request, has it sent directly, and tells where it stands', async () => {
    const { ask, sent, requests } = setUp()

    expect(await ask(REQUEST, 'test')).toEqual({
      state: 'pending',
      request_id: `lamp-1~${CORRELATION}`,
      client_id: 'lamp-1',
      correlation_id: CORRELATION,
      topic: 'devices/{clientId}/requests',
      created_at: '2026-11-21T12:00:00.000Z',
      deadline_at: '2026-11-21T12:00:30.000Z',
    } satisfies DeviceRequestState)
    expect(sent).toMatchObject([{ client_id: 'lamp-1', delivery: 'direct', expiry_seconds: 30 }])
    expect(await requests.find(KEY)).toMatchObject({ asked_by: 'test', answer_topic: 'jamey/devices/lamp-1/responses' })
  })

  test('sends an envelope that says where to answer, in the words of MQTT 5 as well', async () => {
    const { ask, sent } = setUp()
    await ask(REQUEST, 'test')

    expect(sent[0]?.message).toEqual({
      topic: 'jamey/devices/lamp-1/requests',
      qos: 1,
      envelope: {
        message_id: expect.any(String),
        timestamp: '2026-11-21T12:00:00.000Z',
        topic: 'jamey/devices/lamp-1/requests',
        payload: { method: 'GET', path: '/state', headers: {}, body: null },
        metadata: {
          client_id: null,
          correlation_id: CORRELATION,
          reply_to: 'jamey/devices/lamp-1/responses',
          traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
        },
      },
      correlation_data: Buffer.from(CORRELATION).toString('base64'),
      response_topic: 'jamey/devices/lamp-1/responses',
    })
  })

  test('by a command of its organization fills in what the bridge knows, and nothing overrides that', async () => {
    const { ask, sent } = setUp()
    const payload = {
      command: 'lamp/on',
      payload: { level: 3 },
      messageId: 'mine',
      deviceId: 'yours',
      waitResponse: false,
    }
    await ask({ ...REQUEST, topic: 'org/{organizationId}/device/{deviceId}/command/edge', payload }, 'test')

    expect(sent[0]?.message).toMatchObject({
      topic: 'org/acme/device/Lamp-1/command/edge',
      form: 'petal',
      envelope: {
        payload: {
          command: 'lamp/on',
          payload: { level: 3 },
          messageId: CORRELATION,
          deviceId: 'Lamp-1',
          timestamp: '2026-11-21T12:00:00.000Z',
          waitResponse: true,
        },
      },
    })
  })

  test.each([
    ['no object', 'x', 'device_request_invalid'],
    ['a payload that its topic does not take', { ...REQUEST, payload: { path: 1 } }, 'invalid_payload'],
    [
      'a command without its name',
      { ...REQUEST, topic: 'org/{organizationId}/device/{deviceId}/command', payload: {} },
      'invalid_payload',
    ],
    ['a device that is not registered', { ...REQUEST, client_id: 'nobody' }, 'device_unregistered'],
    ['a device whose rights were taken', { ...REQUEST, client_id: 'revoked-1' }, 'device_unregistered'],
    [
      'a topic of an organization, of a device without one',
      { ...REQUEST, client_id: 'loner-1', topic: 'org/{organizationId}/device/{deviceId}/command' },
      'device_request_invalid',
    ],
  ])('refuses %s, and writes and sends nothing', async (_, request, code) => {
    const { ask, sent, requests } = setUp()

    await expect(ask(request, 'test')).rejects.toMatchObject({ code })
    expect(sent).toEqual([])
    expect(await requests.find(KEY)).toBeUndefined()
  })

  test('an offline device fails the request at once, and its completion is told', async () => {
    const { ask, told, observer, requests } = setUp({ deliver: offline })

    const error = { code: 'device_offline', message: 'the device is not connected, and was not asked' }
    expect(await ask({ ...REQUEST, completion: DURABLE }, 'test')).toMatchObject({ state: 'failed', error })
    expect(told).toEqual([{ completion: DURABLE, failure: error }])
    expect(await requests.find(KEY)).toMatchObject({ state: 'failed', resumed_at_ms: START_MS })
    expect(observer.counts).toEqual({ DeviceRequestsOffline: 1 })
  })

  test('what is kept for an offline device goes by topic as well, until the deadline', async () => {
    const { ask, sent } = setUp({ deliver: async () => ({ delivered: 'published' }) })

    expect(await ask({ ...REQUEST, when_offline: 'keep', deadline_seconds: 600 }, 'test')).toMatchObject({
      state: 'pending',
    })
    expect(sent).toMatchObject([{ delivery: 'direct_then_topic', expiry_seconds: 600 }])
  })

  test('a device that has not confirmed may still answer', async () => {
    const { ask } = setUp({ deliver: async () => ({ delivered: 'unconfirmed' }) })
    expect(await ask(REQUEST, 'test')).toMatchObject({ state: 'pending' })
  })
})

describe('asking again', () => {
  test('sends the same request again, as a message of its own', async () => {
    const { ask, sent, clock } = setUp()
    await ask(REQUEST, 'test')
    clock.nowMs += 10_000
    expect(await ask(REQUEST, 'test')).toMatchObject({ state: 'pending', deadline_at: '2026-11-21T12:00:30.000Z' })

    const [first, second] = sent.map(({ message }) => message.envelope)
    expect(first?.metadata.correlation_id).toBe(second?.metadata.correlation_id)
    expect(first?.message_id).not.toBe(second?.message_id)
    expect(sent[1]).toMatchObject({ expiry_seconds: 20 })
  })

  test('with the same completion and no correlation id is the same request, with another one it is another', async () => {
    const { ask } = setUp()
    const ids = []
    for (const callback_id of ['b25l', 'b25l', 'dHdv']) {
      ids.push((await ask({ ...LAMP, completion: { kind: 'durable', callback_id } }, 'test')).correlation_id)
    }
    expect(ids[0]).toBe(ids[1])
    expect(ids[0]).not.toBe(ids[2])
    expect((await ask(LAMP, 'test')).correlation_id).not.toBe((await ask(LAMP, 'test')).correlation_id)
  })

  test('finds the device gone that an earlier attempt may have reached: that is no failure', async () => {
    let times = 0
    const { ask } = setUp({ deliver: async () => ({ delivered: times++ === 0 ? 'confirmed' : 'offline' }) })
    await ask(REQUEST, 'test')
    expect(await ask(REQUEST, 'test')).toMatchObject({ state: 'pending' })
  })

  test('for another request under the same correlation id conflicts', async () => {
    const { ask, sent } = setUp()
    await ask(REQUEST, 'test')
    const other = { ...REQUEST, payload: { method: 'GET', path: '/other' } }
    await expect(ask(other, 'test')).rejects.toMatchObject({ code: 'correlation_conflict' })
    expect(sent).toHaveLength(1)
  })

  test('after the answer gives it, tells the completion of this caller, and asks nobody', async () => {
    const { ask, requests, sent, told } = setUp()
    await ask(REQUEST, 'test')
    const answer = { state: 'completed', outcome: '{"status":200}', answerId: 'm', atMs: START_MS } as const
    await requests.settle(KEY, { ...answer, answerTopic: 'jamey/devices/lamp-1/responses' })

    expect(await ask({ ...REQUEST, completion: DURABLE }, 'test')).toMatchObject({
      state: 'completed',
      answer: { status: 200 },
    })
    expect(sent).toHaveLength(1)
    const facts = { request_id: `lamp-1~${CORRELATION}`, client_id: 'lamp-1', correlation_id: CORRELATION }
    expect(told).toEqual([{ completion: DURABLE, answer: { ...facts, answer: { status: 200 } } }])
  })

  test('after the deadline ends the request instead of sending it again', async () => {
    const { ask, clock, sent, told, requests } = setUp()
    await ask(REQUEST, 'test')
    clock.nowMs += 30_000

    expect(await ask({ ...REQUEST, completion: DURABLE }, 'test')).toMatchObject({
      state: 'expired',
      error: { code: 'device_request_expired' },
    })
    expect(sent).toHaveLength(1)
    expect(told).toEqual([{ completion: DURABLE, failure: JSON.parse(expiredOutcome()) }])
    expect(await requests.find(KEY)).toMatchObject({ state: 'expired' })
  })
})

describe('the requester', () => {
  test.each([
    [{ ...REQUEST, completion: DURABLE }, 'durable'],
    [{ ...REQUEST, completion: { kind: 'step_functions', task_token: 't' } }, 'step_functions'],
    [REQUEST, 'invocation'],
  ])('notes which engine asks', async (event, askedBy) => {
    const { ask, observer, requests } = setUp()
    await createRequester({ ask, observer })(event)
    expect(await requests.find(KEY)).toMatchObject({ asked_by: askedBy })
  })

  test('rejects with the code as the name of the error, which engines match on, and logs no payload', async () => {
    const { ask, observer } = setUp()
    const event = { ...REQUEST, payload: { path: 'the-secret' } }

    await expect(createRequester({ ask, observer })(event)).rejects.toMatchObject({ name: 'invalid_payload' })
    expect(observer.counts).toEqual({ DeviceRequestsRefused: 1 })
    expect(observer.text()).not.toContain('the-secret')
    expect(observer.flushes()).toBe(1)
  })

  test('counts what is the fault of the system', async () => {
    const { ask, observer } = setUp({ deliver: () => Promise.reject(new Error('no')) })
    await expect(createRequester({ ask, observer })(REQUEST)).rejects.toThrow('no')
    expect(observer.counts).toEqual({ DeviceRequestsRefused: 1, SystemFaults: 1 })
  })
})
