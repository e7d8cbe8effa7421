import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Claim, ClaimRequest, CorrelationStore } from '#correlation/index.ts'

export interface CorrelationStoreSuite {
  name: string
  /** A store with nothing in it. `nowMs` is its only clock. */
  create(options: { keptSeconds: number; nowMs: () => number }): Promise<{ store: CorrelationStore } & AsyncDisposable>
  skip?: readonly { reason: string; test: string }[]
}

const KEPT_SECONDS = 60
const LEASE_MS = 12_000
const START_MS = 1_795_262_400_250

/** What every correlation store guarantees, whatever it stores in. */
export function testCorrelationStore({ name, create, skip = [] }: CorrelationStoreSuite): void {
  const it = (title: string, run: () => Promise<void>) =>
    test.skipIf(skip.some((one) => one.test === title))(title, run)

  describe(`correlation store: ${name}`, () => {
    let now = START_MS
    let opened: Awaited<ReturnType<typeof create>>
    let store: CorrelationStore
    let keys = 0

    beforeEach(async () => {
      now = START_MS
      opened = await create({ keptSeconds: KEPT_SECONDS, nowMs: () => now })
      store = opened.store
    })
    afterEach(() => opened[Symbol.asyncDispose]())

    const request = (changes: Partial<ClaimRequest> = {}): ClaimRequest => ({
      key: 'client#1',
      requestHash: 'hash',
      owner: 'first',
      leaseMs: LEASE_MS,
      ...changes,
    })

    async function claimed(changes: Partial<ClaimRequest> = {}): Promise<Claim> {
      const result = await store.claim(request(changes))
      if (result.state !== 'claimed') throw new Error(`expected a claim, got ${result.state}`)
      return result.claim
    }

    describe('claim', () => {
      it('a new key is claimed', async () => {
        expect(await store.claim(request())).toEqual({
          state: 'claimed',
          claim: { key: 'client#1', owner: 'first', fence: 1, generation: 0 },
        })
      })

      it('a key that another attempt holds is in flight', async () => {
        await claimed()
        expect(await store.claim(request({ owner: 'second' }))).toEqual({ state: 'inFlight' })
      })

      it('an answered request is replayed word for word', async () => {
        await store.complete(await claimed(), 'completed', '{"a":"ü"}')

        const replay = { state: 'replay', reply: '{"a":"ü"}' }
        expect(await store.claim(request({ owner: 'second' }))).toEqual(replay)
        expect(await store.claim(request())).toEqual(replay)
      })

      it('another request under the same key conflicts, in every state', async () => {
        const other = request({ requestHash: 'other', owner: 'second' })
        const claim = await claimed()
        expect(await store.claim(other)).toEqual({ state: 'conflict' })
        expect(await store.claim({ ...other, owner: 'first' })).toEqual({ state: 'conflict' })
        now += LEASE_MS + 1
        expect(await store.claim(other)).toEqual({ state: 'conflict' })
        await store.complete(claim, 'failed', 'error')
        expect(await store.claim(other)).toEqual({ state: 'conflict' })
        await store.complete(await claimed(), 'completed', 'reply')
        expect(await store.claim(other)).toEqual({ state: 'conflict' })
      })

      it('keys are apart from each other', async () => {
        await claimed()
        expect((await claimed({ key: 'client#2', owner: 'second' })).fence).toBe(1)
      })

      it('a lease holds to its last millisecond and then gives way to a new fence', async () => {
        const lost = await claimed()
        now += LEASE_MS - 1
        expect(await store.claim(request({ owner: 'second' }))).toEqual({ state: 'inFlight' })
        now += 1
        const taken = await claimed({ owner: 'second' })

        expect(taken.fence).toBeGreaterThan(lost.fence)
        expect(await store.complete(lost, 'completed', 'late')).toBe(false)
        expect(await store.complete(taken, 'completed', 'reply')).toBe(true)
        expect(await store.claim(request())).toEqual({ state: 'replay', reply: 'reply' })
      })

      it('the same owner takes over at once, and its old fence can no longer complete', async () => {
        const old = await claimed()
        const taken = await claimed()

        expect(taken.fence).toBeGreaterThan(old.fence)
        expect(await store.complete(old, 'completed', 'old')).toBe(false)
        expect(await store.complete(taken, 'completed', 'new')).toBe(true)
      })

      it('a failed request may be claimed again, by anyone, and forgets its error', async () => {
        const first = await claimed()
        await store.complete(first, 'failed', 'error')
        const second = await claimed({ owner: 'second' })

        expect(second.fence).toBeGreaterThan(first.fence)
        expect(await store.claim(request({ owner: 'third' }))).toEqual({ state: 'inFlight' })
        await store.complete(second, 'completed', 'reply')
        expect(await store.claim(request({ owner: 'third' }))).toEqual({ state: 'replay', reply: 'reply' })
      })

      it('an expired record counts as absent although it still stands there, and fences go on rising', async () => {
        const old = await claimed()
        await store.complete(old, 'completed', 'reply')
        now += (KEPT_SECONDS + 2) * 1_000
        const fresh = await claimed({ owner: 'second', requestHash: 'other' })

        expect(fresh.fence).toBeGreaterThan(old.fence)
        expect(await store.complete(old, 'completed', 'again')).toBe(false)
      })

      it('a record is kept for its time', async () => {
        await store.complete(await claimed(), 'completed', 'reply')
        now += KEPT_SECONDS * 1_000 - 1
        expect(await store.claim(request({ owner: 'second' }))).toEqual({ state: 'replay', reply: 'reply' })
      })

      it('the time is counted from the reply, not from the claim', async () => {
        const claim = await claimed()
        now += 10_000
        await store.complete(claim, 'completed', 'reply')
        now += (KEPT_SECONDS - 5) * 1_000
        expect(await store.claim(request({ owner: 'second' }))).toEqual({ state: 'replay', reply: 'reply' })
      })
    })

    describe('complete', () => {
      it('is true once for the holder and false for what holds nothing', async () => {
        const claim = await claimed()
        expect(await store.complete({ ...claim, owner: 'second' }, 'completed', 'x')).toBe(false)
        expect(await store.complete({ ...claim, fence: claim.fence + 1 }, 'completed', 'x')).toBe(false)
        expect(await store.complete({ ...claim, key: 'client#none' }, 'completed', 'x')).toBe(false)
        expect(await store.complete(claim, 'completed', 'reply')).toBe(true)
        expect(await store.complete(claim, 'completed', 'another')).toBe(false)
        expect(await store.complete(claim, 'failed', 'reply')).toBe(false)
        expect(await store.claim(request())).toEqual({ state: 'replay', reply: 'reply' })
      })

      it('stores the same reply once, however often it is told', async () => {
        const claim = await claimed()
        expect(await store.complete(claim, 'completed', 'reply')).toBe(true)
        expect(await store.complete(claim, 'completed', 'reply')).toBe(true)
      })

      it('stands after a run-out lease that nobody took over', async () => {
        const claim = await claimed()
        now += LEASE_MS + 1
        expect(await store.complete(claim, 'completed', 'reply')).toBe(true)
      })
    })

    describe('abandon', () => {
      const abandoned = { key: 'client#1', requestHash: 'hash', owner: 'first' }

      it('stores the error of a request that never ran, which may then be claimed', async () => {
        expect(await store.abandon(abandoned, 'error')).toBe(true)
        expect(await store.claim(request({ requestHash: 'other' }))).toEqual({ state: 'conflict' })
        expect((await claimed({ owner: 'second' })).fence).toBeGreaterThan(0)
      })

      it('ends the pending claim of its owner, which can then no longer complete', async () => {
        const claim = await claimed()
        expect(await store.abandon(abandoned, 'error')).toBe(true)
        expect(await store.complete(claim, 'completed', 'late')).toBe(false)
        expect((await claimed({ owner: 'second' })).fence).toBeGreaterThan(claim.fence)
      })

      it('leaves the claim of another owner alone', async () => {
        const claim = await claimed({ owner: 'second' })
        expect(await store.abandon(abandoned, 'error')).toBe(false)
        expect(await store.complete(claim, 'completed', 'reply')).toBe(true)
      })

      it('leaves a reply alone', async () => {
        await store.complete(await claimed(), 'completed', 'reply')
        expect(await store.abandon(abandoned, 'error')).toBe(false)
        expect(await store.claim(request())).toEqual({ state: 'replay', reply: 'reply' })
      })

      it('may be repeated by whoever could not tell the sender, until another attempt claims', async () => {
        await claimed()
        expect(await store.abandon(abandoned, 'error')).toBe(true)
        expect(await store.abandon(abandoned, 'error')).toBe(true)
        await claimed({ owner: 'second' })
        expect(await store.abandon(abandoned, 'error')).toBe(false)
      })

      it('speaks for a later attempt of a failed request too, which died before its claim', async () => {
        await claimed()
        expect(await store.abandon(abandoned, 'error')).toBe(true)
        expect(await store.abandon({ ...abandoned, owner: 'second' }, 'error')).toBe(true)
        expect(await store.abandon({ ...abandoned, owner: 'third', requestHash: 'other' }, 'error')).toBe(false)
      })

      it('counts an expired record as absent', async () => {
        await store.complete(await claimed(), 'completed', 'reply')
        now += (KEPT_SECONDS + 2) * 1_000
        expect(await store.abandon({ ...abandoned, owner: 'second' }, 'error')).toBe(true)
      })
    })

    describe('races', () => {
      it('of twenty claims at once exactly one is claimed', async () => {
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, index) => store.claim(request({ owner: `owner ${index}` }))),
        )
        expect(results.map((result) => result.state).sort()).toEqual(['claimed', ...Array(19).fill('inFlight')])
      })

      it('a run-out lease is taken over once', async () => {
        await claimed()
        now += LEASE_MS
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, index) => store.claim(request({ owner: `owner ${index}` }))),
        )
        expect(results.filter((result) => result.state === 'claimed')).toHaveLength(1)
      })

      it('completion and abandonment at once leave one of the two', async () => {
        const claim = await claimed()
        const [completed, abandoned] = await Promise.all([
          store.complete(claim, 'completed', 'reply'),
          store.abandon({ key: claim.key, requestHash: 'hash', owner: claim.owner }, 'error'),
        ])
        expect([completed, abandoned].filter(Boolean)).toHaveLength(1)
      })

      // steps of two attempts and a publisher in any order, with time passing: what a device may see of it
      it('no interleaving of two attempts completes twice or shows two replies', async () => {
        const step = fc.record({
          who: fc.constantFrom('first', 'second'),
          what: fc.constantFrom('claim', 'claim', 'complete', 'complete', 'fail', 'abandon', 'time'),
        })
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
            keys += 1
            const key = `client#property-${keys}`
            const claims: Partial<Record<string, Claim>> = {}
            const completions: string[] = []
            const replays = new Set<string>()
            const fences: number[] = []
            for (const [index, { who, what }] of steps.entries()) {
              const held = claims[who]
              if (what === 'time') now += LEASE_MS / 2
              if (what === 'claim') {
                const result = await store.claim(request({ key, owner: who }))
                if (result.state === 'replay') replays.add(result.reply)
                if (result.state !== 'claimed') continue
                claims[who] = result.claim
                fences.push(result.claim.fence)
                expect(completions).toEqual([])
              }
              if (what === 'complete' && held) {
                const reply = `${who} ${held.fence} ${index}`
                if (await store.complete(held, 'completed', reply)) completions.push(reply)
              }
              if (what === 'fail' && held) await store.complete(held, 'failed', 'error')
              if (what === 'abandon') await store.abandon({ key, requestHash: 'hash', owner: who }, 'error')
            }

            expect(completions.length).toBeLessThanOrEqual(1)
            for (const reply of replays) expect(completions).toEqual([reply])
            expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b))
          }),
          { numRuns: 80 },
        )
      })
    })
  })
}
