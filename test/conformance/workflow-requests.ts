import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Claim, ClaimRequest, CorrelationStore, Execution } from '#correlation/index.ts'
import type { CorrelationStoreSuite } from './correlation-store.ts'

const KEPT_SECONDS = 60
const LEASE_MS = 12_000
const START_MS = 1_795_262_400_250

/** What every correlation store guarantees of requests that workflows answer. */
export function testWorkflowRequests({ name, create, skip = [] }: CorrelationStoreSuite): void {
  const it = (title: string, run: () => Promise<void>) =>
    test.skipIf(skip.some((one) => one.test === title))(title, run)

  describe(`requests of workflows: ${name}`, () => {
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

    const KEPT_RUNNING_SECONDS = 600
    const execution: Execution = { key: 'client#1', requestHash: 'hash', execution: 'run-0', generation: 0 }
    const handOver = (claim: Claim, name = 'run-0') => store.handOver(claim, name, KEPT_RUNNING_SECONDS)

    it('a request that was handed over is deferred for its repeats, the owner among them, until its own expiry', async () => {
      expect(await handOver(await claimed())).toBe(true)
      now += LEASE_MS * 2
      expect(await store.claim(request({ owner: 'second' }))).toEqual({ state: 'deferred' })
      expect(await store.claim(request())).toEqual({ state: 'deferred' })
      now += KEPT_RUNNING_SECONDS * 1_000 - LEASE_MS * 2 - 1
      expect(await store.claim(request({ owner: 'second' }))).toEqual({ state: 'deferred' })
      now += 1_001
      expect((await claimed({ owner: 'second' })).generation).toBeGreaterThan(0)
    })

    it('only who holds the claim hands over, and once', async () => {
      const claim = await claimed()
      expect(await handOver({ ...claim, owner: 'second' })).toBe(false)
      expect(await handOver({ ...claim, fence: claim.fence + 1 })).toBe(false)
      expect(await handOver(claim)).toBe(true)
      expect(await handOver(claim)).toBe(true)
      expect(await handOver(claim, 'run-1')).toBe(false)
      expect(await store.complete(claim, 'completed', 'reply')).toBe(false)
      expect(await store.abandon({ key: claim.key, requestHash: 'hash', owner: claim.owner }, 'error')).toBe(false)
    })

    it('a run-out lease keeps the generation, so that the next starter names the same execution', async () => {
      const lost = await claimed()
      now += LEASE_MS
      const taken = await claimed({ owner: 'second' })

      expect(taken.generation).toBe(lost.generation)
      expect(await handOver(lost)).toBe(false)
      expect(await handOver(taken)).toBe(true)
    })

    it('the execution answers once, and its repeats get what it said first', async () => {
      await handOver(await claimed())
      expect(await store.finish(execution, 'completed', 'reply')).toBe('reply')
      expect(await store.finish(execution, 'completed', 'another')).toBe('reply')
      expect(await store.finish(execution, 'failed', 'error')).toBe('reply')
      expect(await store.claim(request({ owner: 'second' }))).toEqual({ state: 'replay', reply: 'reply' })
    })

    it('the execution answers although its starter died before it could hand the request over', async () => {
      const claim = await claimed()
      expect(await store.finish(execution, 'completed', 'reply')).toBe('reply')
      // a starter that was only slow learns that all is done
      expect(await handOver(claim)).toBe(true)
      expect(await store.complete(claim, 'failed', 'error')).toBe(false)
      expect(await store.claim(request())).toEqual({ state: 'replay', reply: 'reply' })
    })

    it('nothing is said for another request, another execution, or where there is no request', async () => {
      await handOver(await claimed())
      expect(await store.finish({ ...execution, requestHash: 'other' }, 'completed', 'x')).toBeUndefined()
      expect(await store.finish({ ...execution, execution: 'run-9' }, 'completed', 'x')).toBeUndefined()
      expect(await store.finish({ ...execution, key: 'client#none' }, 'completed', 'x')).toBeUndefined()
      expect(await store.finish(execution, 'completed', 'reply')).toBe('reply')
      expect(await store.finish({ ...execution, requestHash: 'other' }, 'completed', 'x')).toBeUndefined()
    })

    it('after a failure a repeat starts another execution, and the first one has nothing more to say', async () => {
      await handOver(await claimed())
      expect(await store.finish(execution, 'failed', 'error')).toBe('error')
      const repeat = await claimed({ owner: 'second' })
      expect(repeat.generation).toBeGreaterThan(0)

      expect(await store.finish(execution, 'completed', 'late')).toBeUndefined()
      expect(await handOver(repeat, 'run-1')).toBe(true)
      expect(await store.finish(execution, 'completed', 'late')).toBeUndefined()
      const second = { ...execution, execution: 'run-1', generation: repeat.generation }
      expect(await store.finish(second, 'completed', 'reply')).toBe('reply')
    })

    it('what its starter gave up is no longer the execution’s', async () => {
      const claim = await claimed()
      await store.abandon({ key: claim.key, requestHash: 'hash', owner: claim.owner }, 'error')
      expect(await store.finish(execution, 'completed', 'late')).toBeUndefined()
      const repeat = await claimed({ owner: 'second' })
      expect(repeat.generation).toBeGreaterThan(claim.generation)
      expect(await store.finish(execution, 'completed', 'late')).toBeUndefined()
    })

    it('an answer is kept for its time from the answer on', async () => {
      await handOver(await claimed())
      now += KEPT_RUNNING_SECONDS * 1_000 - 1
      await store.finish(execution, 'completed', 'reply')
      now += KEPT_SECONDS * 1_000 - 1
      expect(await store.claim(request({ owner: 'second' }))).toEqual({ state: 'replay', reply: 'reply' })
      now += 2_000
      expect((await claimed({ owner: 'second' })).generation).toBeGreaterThan(0)
    })

    // starters, executions and whoever reconciles, in any order, with time passing
    it('no interleaving gives two answers of one generation or an answer to whom it is not owed', async () => {
      const step = fc.record({
        who: fc.constantFrom('first', 'second'),
        what: fc.constantFrom('claim', 'claim', 'start', 'start', 'hand over', 'finish', 'finish', 'fail', 'time'),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 18 }), async (steps) => {
          keys += 1
          const key = `client#workflow-${keys}`
          const claims: Partial<Record<string, Claim>> = {}
          const started = new Map<string, Execution>()
          const said = new Map<string, Set<string>>()
          let completed = 0
          for (const [index, { who, what }] of steps.entries()) {
            const held = claims[who]
            const name = held && `${key}-${held.generation}`
            if (what === 'time') now += LEASE_MS / 2
            if (what === 'claim') {
              const result = await store.claim(request({ key, owner: who }))
              if (result.state !== 'claimed') continue
              claims[who] = result.claim
              expect(completed).toBe(0)
            }
            if (what === 'start' && held && name) {
              started.set(name, { key, requestHash: 'hash', execution: name, generation: held.generation })
            }
            if (what === 'hand over' && held && name && started.has(name)) await handOver(held, name)
            if (what !== 'finish' && what !== 'fail') continue
            for (const one of started.values()) {
              const state = what === 'finish' ? 'completed' : 'failed'
              const reply = `${one.execution} ${state} ${index}`
              const stands = await store.finish(one, state, reply)
              if (stands === undefined) continue
              said.set(one.execution, (said.get(one.execution) ?? new Set()).add(stands))
              if (stands === reply && state === 'completed') completed += 1
            }
          }

          expect(completed).toBeLessThanOrEqual(1)
          for (const answers of said.values()) expect(answers.size).toBe(1)
        }),
        { numRuns: 80 },
      )
    })
  })
}
