import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  ANSWER,
  ASYNC,
  answerTo,
  type Bridge,
  connectAsked,
  counted,
  questionTo,
  type RequestsApi,
  requestsApi,
  startBridge,
} from './harness/index.ts'

let bridge: Bridge
let api: RequestsApi
beforeAll(async () => {
  bridge = await startBridge()
  api = requestsApi(bridge)
})
afterAll(() => bridge?.[Symbol.asyncDispose]())

/** By how much each of these counts has risen. */
async function risen<Name extends string>(names: readonly Name[], run: () => Promise<unknown>) {
  const read = () => Promise.all(names.map((name) => counted(bridge, 'answers', name)))
  const before = await read()
  await run()
  await bridge.runtime.idle()
  const after = await read()
  return Object.fromEntries(names.map((name, index) => [name, (after[index] ?? 0) - (before[index] ?? 0)]))
}

const lateLine = (clientId: string) =>
  bridge.log.functions.take(
    'word on a late answer',
    ({ message, client_id }) => message === 'answer_late' && client_id === clientId,
  )

describe('the first answer stands', () => {
  test('the same message again is a repeat, another answer is late: both are counted and dropped', async () => {
    await using lamp = await connectAsked(bridge, 'lamp-twice')
    const { location } = await api.ask('lamp-twice', ASYNC)
    const question = await questionTo(lamp)
    const sent = await answerTo(lamp, question)
    await bridge.runtime.idle()

    const names = ['answers_stored', 'answers_repeated', 'answers_late'] as const
    const counts = await risen(names, async () => {
      await lamp.publish(sent.topic, JSON.stringify(sent))
      await answerTo(lamp, question, { status: 500, body: 'changed my mind' })
    })
    expect(counts).toEqual({ answers_stored: 0, answers_repeated: 1, answers_late: 1 })
    expect(await lateLine('lamp-twice')).toMatchObject({ level: 'WARN', state: 'completed' })
    expect(bridge.log.text()).not.toContain('changed my mind')
    expect(await api.look(location)).toMatchObject({ state: 'completed', answer: ANSWER })
  })

  test('of two that race one is stored', async () => {
    await using lamp = await connectAsked(bridge, 'lamp-races')
    const { location } = await api.ask('lamp-races', ASYNC)
    const question = await questionTo(lamp)

    const counts = await risen(['answers_stored', 'answers_late'], () =>
      Promise.all([1, 2].map((body) => answerTo(lamp, question, { status: 200, body }))),
    )
    expect(counts).toEqual({ answers_stored: 1, answers_late: 1 })
    expect(await api.look(location)).toMatchObject({ state: 'completed', answer: { body: expect.any(Number) } })
  })

  test('after the deadline an answer is late, whether or not anybody has looked', async () => {
    await using lamp = await connectAsked(bridge, 'lamp-too-late')
    const { body, location } = await api.ask('lamp-too-late', { ...ASYNC, query: '?deadline_seconds=1' })
    const question = await questionTo(lamp)
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(Date.parse(String(body.deadline_at))), 5_000)

    expect(await risen(['answers_late'], () => answerTo(lamp, question))).toEqual({ answers_late: 1 })
    await lateLine('lamp-too-late')
    expect(await api.look(location)).toMatchObject({ state: 'expired' })
  })
})

test('progress moves the deadline, and an answer after the first one is in time', async () => {
  await using lamp = await connectAsked(bridge, 'lamp-works')
  const { body, location } = await api.ask('lamp-works', { ...ASYNC, query: '?deadline_seconds=2' })
  const question = await questionTo(lamp)
  const firstDeadlineMs = Date.parse(String(body.deadline_at))
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(firstDeadlineMs - 1_000), 5_000)
  const counts = await risen(['progress_reported', 'answers_stored'], () => answerTo(lamp, question, { status: 102 }))
  expect(counts).toEqual({ progress_reported: 1, answers_stored: 0 })

  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(firstDeadlineMs), 5_000)
  const waiting = await api.look(location)
  expect(waiting.state).toBe('pending')
  expect(Date.parse(waiting.deadline_at)).toBeGreaterThan(firstDeadlineMs)
  await answerTo(lamp, question)
  await bridge.runtime.idle()
  expect(await api.look(location)).toMatchObject({ state: 'completed', answer: ANSWER })
})

describe('an answer of another device', () => {
  test('on its own topic is for nobody', async () => {
    await using lamp = await connectAsked(bridge, 'lamp-asked')
    await using thief = await connectAsked(bridge, 'lamp-thief')
    const { location } = await api.ask('lamp-asked', ASYNC)
    const question = await questionTo(lamp)

    const counts = await risen(['answers_unknown', 'answers_stored'], () => answerTo(thief, question))
    expect(counts).toEqual({ answers_unknown: 1, answers_stored: 0 })
    expect(await api.look(location)).toMatchObject({ state: 'pending' })
  })

  test('on the topic of the asked one is refused by the broker', async () => {
    await using lamp = await connectAsked(bridge, 'lamp-owner')
    await using thief = await connectAsked(bridge, 'lamp-burglar')
    const { location } = await api.ask('lamp-owner', ASYNC)
    const { envelope } = await questionTo(lamp)
    const forged = { message_id: envelope.message_id, payload: ANSWER, metadata: envelope.metadata }

    const refused = thief.publish('jamey/devices/lamp-owner/responses', JSON.stringify(forged))
    await expect(refused).rejects.toMatchObject({ code: 135 })
    await bridge.runtime.idle()
    expect(await api.look(location)).toMatchObject({ state: 'pending' })
  })
})

test('an answer that does not fit the contract ends the request; the device is told, and nobody sees what it said', async () => {
  await using lamp = await connectAsked(bridge, 'lamp-nonsense')
  const asked = api.ask('lamp-nonsense')
  const question = await questionTo(lamp)
  await answerTo(lamp, question, { status: 'the-secret' })

  const { status, body, location } = await asked
  expect([status, body.code]).toEqual([502, 'device_answer_invalid'])
  const told = await lamp.reply(String(question.envelope.metadata.correlation_id))
  expect(told.envelope).toMatchObject({ payload: { code: 'invalid_payload' }, metadata: { status: 'error' } })
  expect(await api.look(location)).toMatchObject({ state: 'failed', error: { code: 'device_answer_invalid' } })
  const seen = JSON.stringify(body) + JSON.stringify(await api.look(location)) + bridge.log.text()
  expect(seen).not.toContain('the-secret')
})
