import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMemoryDeviceRequests, type DeviceRequests, deviceRequestKey } from '#correlation/index.ts'
import { createAnswerRoutes, refuseAnswer } from '../../../functions/answers/handler.ts'
import { bridgeHandler } from '../../../functions/shared/index.ts'
import { lambdaContext } from '../../fixtures/lambda-context.ts'
import { ruleEvent } from '../../fixtures/rule-event.ts'
import { CORRELATION, DURABLE, LAMP, START_MS, setUp, type Told } from './set-up.ts'

const KEY = deviceRequestKey({ clientId: 'lamp-1', correlationId: CORRELATION })
const TOPIC = 'jamey/devices/lamp-1/responses'

/** Ends the function at the call of this number: before it takes effect, or after it has. */
interface Crash {
  call: number
  after: boolean
}

class Killed extends Error {}

/** Calls from outside, one of which is the last that the function makes. */
function killing(crashes: readonly Crash[]) {
  let calls = 0
  return {
    calls: () => calls,
    wrap<Args extends unknown[], Value>(call: (...args: Args) => Promise<Value>): (...args: Args) => Promise<Value> {
      return async (...args) => {
        calls += 1
        const crash = crashes.find((one) => one.call === calls)
        if (crash && !crash.after) throw new Killed()
        const value = await call(...args)
        if (crash) throw new Killed()
        return value
      }
    },
  }
}

/** Runs it as often as its caller or Lambda would. */
async function untilDone(run: () => Promise<unknown>, times: number): Promise<void> {
  for (let attempt = 0; attempt < times; attempt += 1) {
    try {
      await run()
      return
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
  }
}

/** An engine that takes the first word and says of any other that nobody waits. */
function engine(told: Told[]) {
  const take = (word: Told): 'told' | 'gone' => {
    if (told.some((one) => !('heartbeat' in one))) return 'gone'
    told.push(word)
    return 'told'
  }
  return take
}

async function play(story: {
  crashes: readonly Crash[]
  isOnline: boolean
  answers: readonly string[]
  attempts: number
}): Promise<{ told: Told[]; state: string | undefined; outcome: string | undefined; resumed: boolean; calls: number }> {
  const kill = killing(story.crashes)
  const told: Told[] = []
  const take = engine(told)
  const store = createMemoryDeviceRequests({ keptSeconds: 3_600, nowMs: () => START_MS })
  const requests = {
    ...store,
    open: kill.wrap((request) => store.open(request)),
    settle: kill.wrap((key, settlement) => store.settle(key, settlement)),
    markResumed: kill.wrap((key) => store.markResumed(key)),
  } satisfies DeviceRequests
  const parts = setUp({
    requests,
    deliver: kill.wrap(async () => ({ delivered: story.isOnline ? ('confirmed' as const) : ('offline' as const) })),
    waiters: {
      succeed: kill.wrap(async (completion, answer) => take({ completion, answer })),
      fail: kill.wrap(async (completion, failure) => take({ completion, failure })),
    },
  })
  const request = { ...LAMP, correlation_id: CORRELATION, completion: DURABLE }
  await untilDone(() => parts.ask(request, 'test'), story.attempts)
  const handler = bridgeHandler(createAnswerRoutes(parts), {
    settings: { root: 'jamey', sharedReplies: [] },
    observer: parts.observer,
    component: 'answers',
    refused: refuseAnswer(parts),
  })
  for (const [index, kind] of story.answers.entries()) {
    const message = {
      message_id: `7d3f2f0a-5f0b-4a53-9c7e-${String(index).padStart(12, '0')}`,
      timestamp: '2026-11-21T12:00:00Z',
      topic: TOPIC,
      payload: kind === 'good' ? { status: 200, body: index } : { status: 'bad' },
      metadata: { correlation_id: CORRELATION },
    }
    const event = ruleEvent(message, { topic: TOPIC, client_id: 'lamp-1', received_at_ms: START_MS })
    await untilDone(() => handler(event, lambdaContext('first')), story.attempts)
  }
  const record = await store.find(KEY)
  return {
    told,
    state: record?.state,
    outcome: record?.outcome,
    resumed: record?.resumed_at_ms !== undefined,
    calls: kill.calls(),
  }
}

const STORIES = [
  { isOnline: true, answers: ['good'] },
  { isOnline: true, answers: ['bad'] },
  { isOnline: true, answers: ['good', 'good', 'bad'] },
  { isOnline: false, answers: [] },
  { isOnline: false, answers: ['good'] },
]

test.each(STORIES)('killed at any step, %j has one outcome in the end, and it is told once', async (story) => {
  const { calls } = await play({ ...story, crashes: [], attempts: 1 })
  expect(calls).toBeGreaterThan(3)
  for (let call = 1; call <= calls; call += 1) {
    for (const after of [false, true]) {
      const played = await play({ ...story, crashes: [{ call, after }], attempts: 3 })
      // an attempt that died right after it was written may have reached the device: then its deadline decides
      const mayHaveAsked = !story.isOnline && story.answers.length === 0 && played.state === 'pending'
      if (mayHaveAsked) {
        expect(played.told).toEqual([])
        continue
      }
      expect(played).toMatchObject({ state: expect.stringMatching(/completed|failed/), resumed: true })
      expect(played.told).toHaveLength(1)
      const [word] = played.told
      const said = word && 'answer' in word ? word.answer.answer : word && 'failure' in word && word.failure
      expect(JSON.stringify(said)).toBe(played.outcome)
    }
  }
})

test('killed at several steps, any story tells at most one outcome, and that is the stored one', async () => {
  const crash = fc.record({ call: fc.integer({ min: 1, max: 12 }), after: fc.boolean() })
  const story = fc.record({
    crashes: fc.array(crash, { maxLength: 4 }),
    isOnline: fc.boolean(),
    answers: fc.array(fc.constantFrom('good', 'bad'), { maxLength: 3 }),
    attempts: fc.integer({ min: 1, max: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(story, async (one) => {
      const { told, outcome } = await play(one)
      expect(told.length).toBeLessThanOrEqual(1)
      const [word] = told
      const said = word && 'answer' in word ? word.answer.answer : word && 'failure' in word && word.failure
      if (word) expect(JSON.stringify(said)).toBe(outcome)
    }),
    { numRuns: 150 },
  )
})
