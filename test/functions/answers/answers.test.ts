import { describe, expect, test } from 'vitest'
import type { RuleEvent } from '#contract/index.ts'
import { deviceRequestKey } from '#correlation/index.ts'
import { createAnswerRoutes, refuseAnswer } from '../../../functions/answers/handler.ts'
import { bridgeHandler } from '../../../functions/shared/index.ts'
import { lambdaContext } from '../../fixtures/lambda-context.ts'
import { ruleEvent } from '../../fixtures/rule-event.ts'
import { CORRELATION, DURABLE, LAMP, START_MS, setUp } from '../asking/set-up.ts'

const TOPIC = 'jamey/devices/lamp-1/responses'
const PETAL_TOPIC = 'org/acme/device/Lamp-1/response'
const COMMAND = 'org/{organizationId}/device/{deviceId}/command/edge'
const MESSAGE_ID = '7d3f2f0a-5f0b-4a53-9c7e-2b8f4f4f7a11'
const KEY = deviceRequestKey({ clientId: 'lamp-1', correlationId: CORRELATION })
const NONE = { outcome: 'none' }

/** A lamp that was asked, and the function that takes its answers. */
async function asked(options: Parameters<typeof setUp>[0] & { topic?: string; payload?: unknown } = {}) {
  const parts = setUp(options)
  const { topic = 'devices/{clientId}/requests', payload = LAMP.payload } = options
  await parts.ask({ ...LAMP, topic, payload, correlation_id: CORRELATION, completion: DURABLE }, 'test')
  const handler = bridgeHandler(createAnswerRoutes(parts), {
    settings: { root: 'jamey', sharedReplies: [] },
    observer: parts.observer,
    component: 'answers',
    refused: refuseAnswer(parts),
    nowMs: () => parts.clock.nowMs,
  })
  const send = (published: unknown, changes: Partial<RuleEvent> = {}) =>
    handler(
      ruleEvent(published, { topic: TOPIC, client_id: 'lamp-1', received_at_ms: parts.clock.nowMs, ...changes }),
      lambdaContext('first'),
    )
  return { ...parts, send }
}

const envelope = (payload: unknown, metadata: Record<string, unknown> = {}, messageId = MESSAGE_ID) => ({
  message_id: messageId,
  timestamp: '2026-11-21T12:00:00Z',
  topic: TOPIC,
  payload,
  metadata: { client_id: 'lamp-1', correlation_id: CORRELATION, status: 'ok', ...metadata },
})
const ANSWER = { status: 200, headers: {}, body: { on: true } }
const FACTS = { request_id: `lamp-1~${CORRELATION}`, client_id: 'lamp-1', correlation_id: CORRELATION }

describe('an answer', () => {
  test('is stored, told to who waits, and noted as told', async () => {
    const { send, told, requests, observer } = await asked()

    expect(await send(envelope({ status: 200, body: { on: true } }))).toEqual(NONE)
    expect(told).toEqual([{ completion: DURABLE, answer: { ...FACTS, answer: ANSWER } }])
    expect(await requests.find(KEY)).toMatchObject({
      state: 'completed',
      outcome: JSON.stringify(ANSWER),
      answer_id: MESSAGE_ID,
      resumed_at_ms: START_MS,
    })
    expect(observer.counts).toMatchObject({ AnswersStored: 1 })
  })

  test('without envelope is known by its correlation data', async () => {
    const { send, told } = await asked()
    const correlation_data = Buffer.from(CORRELATION).toString('base64')

    expect(await send({ status: 200, body: { on: true } }, { correlation_data })).toEqual(NONE)
    expect(told).toEqual([{ completion: DURABLE, answer: { ...FACTS, answer: ANSWER } }])
  })

  test('of a flat command is known by its messageId, and keeps its fields', async () => {
    const { send, told } = await asked({ topic: COMMAND, payload: { command: 'lamp/on' } })
    const answer = { messageId: CORRELATION, deviceId: 'Lamp-1', status: 'success', data: { on: true } }

    expect(await send(answer, { topic: PETAL_TOPIC })).toEqual(NONE)
    expect(told).toEqual([{ completion: DURABLE, answer: { ...FACTS, answer } }])
  })

  test('with an error fails the request with the code of the device', async () => {
    const { send, told } = await asked()
    const payload = { code: 'lamp_broken', message: 'no light', component: 'lamp', severity: 'error' }
    await send(envelope(payload, { status: 'error' }))

    const failure = {
      code: 'device_failed',
      message: 'the device answered with an error: lamp_broken',
      device: { ...payload, details: null },
    }
    expect(told).toEqual([{ completion: DURABLE, failure }])
  })

  test('with an error to a flat command fails it with its error_code', async () => {
    const { send, told } = await asked({ topic: COMMAND, payload: { command: 'lamp/on' } })
    const answer = { messageId: CORRELATION, deviceId: 'Lamp-1', status: 'error', error_code: 'HANDLER_ERROR' }
    await send(answer, { topic: PETAL_TOPIC })

    expect(told).toMatchObject([
      { failure: { message: 'the device answered with an error: HANDLER_ERROR', device: answer } },
    ])
  })

  test('that does not fit the contract ends the request, and the device is told; nobody sees what it said', async () => {
    const { send, told, observer } = await asked()
    const outcome = await send(envelope({ status: 'the-secret' }))

    expect(outcome).toMatchObject({
      outcome: 'reply',
      messages: [{ topic: 'jamey/responses/lamp-1', envelope: { payload: { code: 'invalid_payload' } } }],
    })
    const message = 'the answer of the device is not valid: invalid_payload'
    expect(told).toEqual([{ completion: DURABLE, failure: { code: 'device_answer_invalid', message } }])
    expect(observer.counts).toMatchObject({ AnswersInvalid: 1, RequestsRefused: 1 })
    expect(observer.text()).not.toContain('the-secret')
  })

  test.each<[string, Partial<RuleEvent>]>([
    ['another device', { client_id: 'lamp-2' }],
    ['another device on its own topic', { client_id: 'lamp-2', topic: 'jamey/devices/lamp-2/responses' }],
    ['the device on a topic of another request', { topic: 'jamey/devices/lamp-2/responses' }],
  ])('of %s is for nobody', async (_, changes) => {
    const { send, told, requests, observer } = await asked()
    const metadata = { client_id: null }

    expect(await send(envelope(ANSWER, metadata), changes)).toEqual(NONE)
    expect(told).toEqual([])
    expect(await requests.find(KEY)).toMatchObject({ state: 'pending' })
    expect(observer.counts).toEqual({ DeviceRequestsSent: 1, AnswersUnknown: 1 })
  })

  test('to a command does not come from another device of the organization, nor as another device', async () => {
    const { send, told } = await asked({ topic: COMMAND, payload: { command: 'lamp/on' } })
    const answer = { messageId: CORRELATION, deviceId: 'Lamp-1', status: 'success' }
    await send(answer, { topic: PETAL_TOPIC, client_id: 'lamp-2' })
    await send(answer, { topic: 'org/acme/device/Lamp-2/response' })
    await send(answer, { topic: 'org/globex/device/Lamp-1/response' })
    expect(told).toEqual([])
  })

  test('that is invalid cannot end the request of another device', async () => {
    const { send, requests } = await asked()
    await send(envelope({ status: 'x' }, { client_id: null }), { client_id: 'lamp-2' })
    expect(await requests.find(KEY)).toMatchObject({ state: 'pending' })
  })
})

describe('after the outcome', () => {
  test('the same answer again tells nobody twice', async () => {
    const { send, told, observer } = await asked()
    await send(envelope(ANSWER))
    await send(envelope(ANSWER))

    expect(told).toHaveLength(1)
    expect(observer.counts).toMatchObject({ AnswersStored: 1, AnswersRepeated: 1 })
  })

  test('another answer is late: counted, logged and dropped', async () => {
    const { send, told, observer, requests } = await asked()
    await send(envelope(ANSWER))
    await send(envelope({ status: 500 }, {}, '7d3f2f0a-5f0b-4a53-9c7e-2b8f4f4f7a12'))

    expect(told).toHaveLength(1)
    expect(await requests.find(KEY)).toMatchObject({ outcome: JSON.stringify(ANSWER) })
    expect(observer.counts).toMatchObject({ AnswersLate: 1 })
    expect(observer.lines).toContainEqual(expect.objectContaining({ level: 'warn', event: 'answer_late' }))
  })

  test('the deadline by the clock of the broker decides, however late the function runs', async () => {
    const { send, told, clock, observer } = await asked()
    clock.nowMs += 60_000
    await send(envelope(ANSWER), { received_at_ms: START_MS + 30_000 })
    expect(told).toEqual([])
    expect(observer.counts).toMatchObject({ AnswersLate: 1 })
    await send(envelope(ANSWER), { received_at_ms: START_MS + 29_999 })
    expect(told).toHaveLength(1)
  })

  test('who no longer waits is counted, and not told again', async () => {
    const { send, requests, observer } = await asked({ waiters: { succeed: async () => 'gone' } })
    await send(envelope(ANSWER))
    await send(envelope(ANSWER))

    expect(await requests.find(KEY)).toMatchObject({ state: 'completed', resumed_at_ms: START_MS })
    expect(observer.counts).toMatchObject({ WaitersGone: 1 })
  })
})

describe('progress', () => {
  test.each<[string, string, unknown, Record<string, unknown>]>([
    ['status 102', 'devices/{clientId}/requests', LAMP.payload, envelope({ status: 102 })],
    [
      'a flat progress',
      COMMAND,
      { command: 'lamp/on' },
      { messageId: CORRELATION, deviceId: 'Lamp-1', status: 'progress' },
    ],
  ])('%s moves the deadline and beats the heart of who waits', async (_, topic, payload, message) => {
    const { send, told, clock, requests, observer } = await asked({ topic, payload })
    clock.nowMs += 20_000
    await send(message, topic === COMMAND ? { topic: PETAL_TOPIC } : {})

    expect(told).toEqual([{ completion: DURABLE, heartbeat: true }])
    expect(await requests.find(KEY)).toMatchObject({ state: 'pending', deadline_ms: START_MS + 50_000 })
    expect(observer.counts).toMatchObject({ ProgressReported: 1 })
  })

  test('after the deadline is late', async () => {
    const { send, told, clock, observer } = await asked()
    clock.nowMs += 30_000
    await send(envelope({ status: 102 }))
    expect(told).toEqual([])
    expect(observer.counts).toMatchObject({ AnswersLate: 1 })
  })
})

test('a store or an engine that is busy fails the invocation, which Lambda then repeats', async () => {
  const busy = Object.assign(new Error('slow down'), { name: 'TooManyRequestsException' })
  const { send, told } = await asked({ waiters: { succeed: () => Promise.reject(busy) } })
  await expect(send(envelope(ANSWER))).rejects.toBe(busy)
  expect(told).toEqual([])

  const parts = await asked()
  parts.requests.settle = () => Promise.reject(Object.assign(new Error('busy'), { code: 'store_unavailable' }))
  await expect(parts.send(envelope(ANSWER))).rejects.toThrow('busy')
  await expect(parts.send(envelope({ status: 'x' }))).rejects.toThrow('busy')
})
