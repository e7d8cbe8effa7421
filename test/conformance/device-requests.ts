import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type DeviceRequests, type NewDeviceRequest, type Settlement, UNSENT } from '#correlation/index.ts'

export interface DeviceRequestsSuite {
  name: string
  /** A store with nothing in it. `nowMs` is its only clock. */
  create(options: { keptSeconds: number; nowMs: () => number }): Promise<{ store: DeviceRequests } & AsyncDisposable>
}

const KEPT_SECONDS = 60
const WAIT_MS = 30_000
const LONGEST_WAIT_MS = 100_000
const START_MS = 1_795_262_400_250
const KEY = '>lamp-1#1'
const ANSWER_TOPIC = 'jamey/devices/lamp-1/responses'

/** What every store of requests to devices guarantees, whatever it stores in. */
export function testDeviceRequests({ name, create }: DeviceRequestsSuite): void {
  describe(`requests to devices: ${name}`, () => {
    let now = START_MS
    let opened: Awaited<ReturnType<typeof create>>
    let store: DeviceRequests
    let keys = 0

    beforeEach(async () => {
      now = START_MS
      opened = await create({ keptSeconds: KEPT_SECONDS, nowMs: () => now })
      store = opened.store
    })
    afterEach(() => opened[Symbol.asyncDispose]())

    const request = (changes: Partial<NewDeviceRequest> = {}): NewDeviceRequest => ({
      key: KEY,
      requestHash: 'hash',
      clientId: 'lamp-1',
      correlationId: '1',
      topic: 'devices/{clientId}/requests',
      answerTopic: ANSWER_TOPIC,
      askedBy: 'test',
      waitMs: WAIT_MS,
      longestWaitMs: LONGEST_WAIT_MS,
      ...changes,
    })
    const answer = (changes: Partial<Settlement> = {}): Settlement => ({
      state: 'completed',
      outcome: '{"a":"ü"}',
      answerId: 'message-1',
      answerTopic: ANSWER_TOPIC,
      atMs: now,
      ...changes,
    })

    describe('open', () => {
      test('a new request is pending, with its deadline and all that was said of it', async () => {
        const completion = { kind: 'durable', callback_id: 'Q2FsbA==' } as const
        const { state, record } = await store.open(request({ completion }))

        expect(state).toBe('opened')
        expect(record).toEqual({
          request_key: KEY,
          state: 'pending',
          request_hash: 'hash',
          client_id: 'lamp-1',
          correlation_id: '1',
          topic: 'devices/{clientId}/requests',
          answer_topic: ANSWER_TOPIC,
          asked_by: 'test',
          attempts: 1,
          created_at_ms: START_MS,
          updated_at_ms: START_MS,
          deadline_ms: START_MS + WAIT_MS,
          wait_ms: WAIT_MS,
          ends_at_ms: START_MS + LONGEST_WAIT_MS,
          expires_at_seconds: Math.ceil((START_MS + LONGEST_WAIT_MS) / 1_000) + KEPT_SECONDS,
          completion,
        })
        expect(await store.find(KEY, { consistent: true })).toEqual(record)
      })

      test('a repeat counts, keeps the deadline, and has its own completion told', async () => {
        const first = { kind: 'step_functions', task_token: 'first' } as const
        const second = { kind: 'step_functions', task_token: 'second' } as const
        await store.open(request({ completion: first }))
        now += 1_000
        const { state, record } = await store.open(request({ completion: second }))

        expect(state).toBe('repeated')
        expect(record).toMatchObject({ attempts: 2, deadline_ms: START_MS + WAIT_MS, completion: second })
      })

      test('a repeat without completion leaves the one that is there', async () => {
        const completion = { kind: 'durable', callback_id: 'Q2FsbA==' } as const
        await store.open(request({ completion }))
        expect((await store.open(request())).record).toMatchObject({ attempts: 2, completion })
      })

      test('a repeat of what has an outcome gets it and changes nothing', async () => {
        await store.open(request())
        const { record } = await store.settle(KEY, answer())
        expect(await store.open(request())).toEqual({ state: 'repeated', record })
      })

      test('another request under the same key conflicts, in every state', async () => {
        const other = request({ requestHash: 'other' })
        await store.open(request())
        expect(await store.open(other)).toMatchObject({ state: 'conflict' })
        await store.settle(KEY, answer())
        expect(await store.open(other)).toMatchObject({ state: 'conflict' })
      })

      test('a request that reached nobody begins anew when it is repeated, with all its time', async () => {
        await store.open(request())
        const { record: unsent } = await store.settle(KEY, answer({ state: 'failed', answerId: UNSENT }))
        expect(unsent).toMatchObject({ state: 'failed' })
        expect(await store.open(request({ requestHash: 'other' }))).toMatchObject({ state: 'conflict' })
        now += 5_000
        const [first, second] = [await store.open(request()), await store.open(request())]

        expect(first).toMatchObject({ state: 'opened', record: { attempts: 1, deadline_ms: now + WAIT_MS } })
        expect(first.record).not.toHaveProperty('outcome')
        expect(second).toMatchObject({ state: 'repeated', record: { state: 'pending', attempts: 2 } })
        expect(await store.settle(KEY, answer())).toMatchObject({ state: 'stored' })
      })

      test('a request that reached nobody keeps its end where somebody was told of it', async () => {
        const completion = { kind: 'durable', callback_id: 'Q2FsbA==' } as const
        await store.open(request({ completion }))
        const { record } = await store.settle(KEY, answer({ state: 'failed', answerId: UNSENT }))

        expect(await store.open(request({ completion }))).toEqual({ state: 'repeated', record })
        expect(await store.open(request())).toEqual({ state: 'repeated', record })
      })

      test('repeats at the same moment begin one that reached nobody once', async () => {
        await store.open(request())
        await store.settle(KEY, answer({ state: 'failed', answerId: UNSENT }))
        const states = await Promise.all([1, 2, 3].map(async () => (await store.open(request())).state))

        expect(states.sort()).toEqual(['opened', 'repeated', 'repeated'])
        expect(await store.find(KEY, { consistent: true })).toMatchObject({ state: 'pending', attempts: 3 })
      })

      test('an expired record counts as absent, and leaves nothing behind', async () => {
        await store.open(request({ completion: { kind: 'durable', callback_id: 'Q2FsbA==' } }))
        await store.settle(KEY, answer())
        await store.markResumed(KEY)
        now += LONGEST_WAIT_MS + (KEPT_SECONDS + 2) * 1_000

        expect(await store.find(KEY)).toBeUndefined()
        const { state, record } = await store.open(request({ requestHash: 'other' }))
        expect(state).toBe('opened')
        expect(record).not.toHaveProperty('completion')
        expect(record).not.toHaveProperty('outcome')
        expect(record).not.toHaveProperty('resumed_at_ms')
      })
    })

    describe('settle', () => {
      test.each(['completed', 'failed'] as const)('stores what %s, word for word', async (state) => {
        await store.open(request())
        const { state: settled, record } = await store.settle(KEY, answer({ state }))

        expect(settled).toBe('stored')
        expect(record).toMatchObject({ state, outcome: '{"a":"ü"}', answer_id: 'message-1', request_hash: 'hash' })
      })

      test('the same message come again is a repeat, another one is late', async () => {
        await store.open(request())
        await store.settle(KEY, answer())

        expect(await store.settle(KEY, answer())).toMatchObject({ state: 'repeated' })
        const other = await store.settle(KEY, answer({ answerId: 'message-2', outcome: 'other' }))
        expect(other).toMatchObject({ state: 'late', record: { outcome: '{"a":"ü"}' } })
      })

      test('the deadline itself is late, the moment before is not', async () => {
        await store.open(request())
        expect(await store.settle(KEY, answer({ atMs: START_MS + WAIT_MS }))).toMatchObject({ state: 'late' })
        expect(await store.settle(KEY, answer({ atMs: START_MS + WAIT_MS - 1 }))).toMatchObject({ state: 'stored' })
      })

      test('an answer to nothing, or on another topic, is for nobody', async () => {
        expect(await store.settle(KEY, answer())).toEqual({ state: 'unknown', record: undefined })
        await store.open(request())
        const elsewhere = answer({ answerTopic: 'jamey/devices/lamp-2/responses' })
        expect(await store.settle(KEY, elsewhere)).toMatchObject({ state: 'unknown', record: { state: 'pending' } })
        expect(await store.find(KEY)).not.toHaveProperty('outcome')
      })
    })

    describe('extend', () => {
      const progress = () => ({ answerTopic: ANSWER_TOPIC, atMs: now })

      test('moves the deadline by the wait from then on, and no further than the end', async () => {
        await store.open(request())
        now += 20_000
        expect((await store.extend(KEY, progress())).record).toMatchObject({ deadline_ms: now + WAIT_MS })
        for (const _ of [1, 2, 3]) {
          now += 20_000
          await store.extend(KEY, progress())
        }
        const { record } = await store.extend(KEY, progress())
        expect(record?.deadline_ms).toBe(START_MS + LONGEST_WAIT_MS)
      })

      test('never moves it back', async () => {
        await store.open(request())
        now += 20_000
        await store.extend(KEY, progress())
        const late = await store.extend(KEY, { ...progress(), atMs: START_MS + 1 })
        expect(late).toMatchObject({ state: 'extended', record: { deadline_ms: now + WAIT_MS } })
      })

      test('comes too late after the deadline and after the answer, and is for nobody elsewhere', async () => {
        expect(await store.extend(KEY, progress())).toMatchObject({ state: 'unknown' })
        await store.open(request())
        expect(await store.extend(KEY, { ...progress(), answerTopic: 'x' })).toMatchObject({ state: 'unknown' })
        expect(await store.extend(KEY, { ...progress(), atMs: START_MS + WAIT_MS })).toMatchObject({ state: 'late' })
        await store.settle(KEY, answer())
        expect(await store.extend(KEY, progress())).toMatchObject({ state: 'late' })
      })
    })

    describe('expire', () => {
      test('ends what nobody answered in time, and then no answer is taken', async () => {
        await store.open(request())
        now += WAIT_MS
        expect(await store.expire(KEY, 'gone')).toMatchObject({ state: 'expired', outcome: 'gone' })
        // by the broker's clock it was in time
        expect(await store.settle(KEY, answer({ atMs: START_MS }))).toMatchObject({ state: 'late' })
      })

      test('leaves what still has time, and what was answered', async () => {
        expect(await store.expire(KEY, 'gone')).toBeUndefined()
        await store.open(request())
        expect(await store.expire(KEY, 'gone')).toMatchObject({ state: 'pending' })
        await store.settle(KEY, answer())
        now += WAIT_MS
        expect(await store.expire(KEY, 'gone')).toMatchObject({ state: 'completed', outcome: '{"a":"ü"}' })
      })
    })

    test('markResumed notes when, and makes no record', async () => {
      await store.markResumed(KEY)
      expect(await store.find(KEY)).toBeUndefined()
      await store.open(request())
      now += 5
      await store.markResumed(KEY)
      expect(await store.find(KEY)).toMatchObject({ resumed_at_ms: now })
    })

    describe('races', () => {
      test('of twenty requests at once one is new, and all are counted', async () => {
        const results = await Promise.all(Array.from({ length: 20 }, () => store.open(request())))
        expect(results.filter(({ state }) => state === 'opened')).toHaveLength(1)
        expect(await store.find(KEY)).toMatchObject({ attempts: 20 })
      })

      test('of twenty answers at once one is stored', async () => {
        await store.open(request())
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            store.settle(KEY, answer({ answerId: `m${index}`, outcome: `${index}` })),
          ),
        )
        const stored = results.flatMap(({ state }, index) => (state === 'stored' ? [`${index}`] : []))
        expect(stored).toHaveLength(1)
        expect(await store.find(KEY)).toMatchObject({ outcome: stored[0] })
      })

      // all who take part in any order, with their clocks a minute apart and time passing
      test('no interleaving gives a request two outcomes', async () => {
        const step = fc.record({
          what: fc.constantFrom('open', 'answer', 'fail', 'progress', 'expire', 'time', 'resume'),
          skewMs: fc.constantFrom(-60_000, 0, 60_000),
          who: fc.nat({ max: 2 }),
        })
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
            keys += 1
            const key = `>lamp-1#property-${keys}`
            const outcomes = new Set<string | undefined>()
            for (const { what, skewMs, who } of steps) {
              const atMs = now + skewMs
              if (what === 'time') now += WAIT_MS / 2
              if (what === 'open') await store.open(request({ key }))
              if (what === 'progress') await store.extend(key, { answerTopic: ANSWER_TOPIC, atMs })
              if (what === 'expire') await store.expire(key, 'expired')
              if (what === 'resume') await store.markResumed(key)
              if (what === 'answer' || what === 'fail') {
                const state = what === 'answer' ? 'completed' : 'failed'
                await store.settle(key, answer({ state, atMs, answerId: `${who}`, outcome: `${state} ${who}` }))
              }
              const record = await store.find(key)
              expect(record?.state === 'pending').toBe(record !== undefined && record.outcome === undefined)
              if (record?.outcome !== undefined) outcomes.add(`${record.state} ${record.outcome}`)
            }
            expect(outcomes.size).toBeLessThanOrEqual(1)
          }),
          { numRuns: 60 },
        )
      })
    })
  })
}
