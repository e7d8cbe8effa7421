import { describe, expect, test } from 'vitest'
import { bridgeError, REQUEST_LIMITS } from '#contract/index.ts'
import { type CorrelationStore, createMemoryStore } from '#correlation/index.ts'
import { CORRELATION_ID, ruleEvent, sentEnvelope } from '../../fixtures/rule-event.ts'
import { codeOf, createChain, EVALUATE, onlyMessage, PRIVATE, RESULT, SECRET } from './chain.ts'

describe('a repeated request', () => {
  test('gets the identical envelope, and the handler does not run again', async () => {
    const chain = createChain()
    const first = await chain.invoke(ruleEvent(sentEnvelope(EVALUATE)))
    chain.pass(5_000)
    const repeat = await chain.invoke(
      ruleEvent(
        sentEnvelope(
          { context: SECRET, action: EVALUATE.action },
          { message_id: 'b2c1d0e9-0000-4000-8000-000000000000', timestamp: '2026-11-21T12:00:05Z' },
        ),
      ),
    )

    expect(repeat.outcome).toBe('replay')
    expect(JSON.stringify(onlyMessage(repeat).envelope)).toBe(JSON.stringify(onlyMessage(first).envelope))
    expect(chain.runs()).toBe(1)
    expect(chain.observer.counts).toEqual({ RequestsAnswered: 1, RequestsReplayed: 1 })
  })

  test('is known by its message id where it has no correlation id', async () => {
    const chain = createChain()
    const event = ruleEvent(sentEnvelope(EVALUATE, { metadata: {} }))
    await chain.invoke(event)

    expect((await chain.invoke(event)).outcome).toBe('replay')
  })

  test('with another payload conflicts and does not touch the stored reply', async () => {
    const chain = createChain()
    await chain.invoke(ruleEvent(sentEnvelope(EVALUATE)))
    const conflict = onlyMessage(await chain.invoke(ruleEvent(sentEnvelope({ ...EVALUATE, context: 'other' }))))

    expect(conflict.topic).toBe(PRIVATE)
    expect(codeOf(conflict.envelope)).toBe('correlation_conflict')
    expect((await chain.invoke(ruleEvent(sentEnvelope(EVALUATE)))).outcome).toBe('replay')
  })

  test('of another client is a request of its own', async () => {
    const chain = createChain()
    await chain.invoke(ruleEvent(sentEnvelope(EVALUATE)))
    const other = await chain.invoke(
      ruleEvent(sentEnvelope(EVALUATE, { metadata: { correlation_id: CORRELATION_ID } }), { client_id: 'you' }),
    )

    expect(other.outcome).toBe('reply')
    expect(chain.runs()).toBe(2)
  })

  test('is in flight while the first attempt runs', async () => {
    const gate = Promise.withResolvers<void>()
    const chain = createChain({
      routes: {
        'conscience/evaluate': async () => {
          await gate.promise
          return RESULT
        },
      },
    })
    const first = chain.invoke(ruleEvent(sentEnvelope(EVALUATE)), 'first')
    const repeat = await chain.invoke(ruleEvent(sentEnvelope(EVALUATE)), 'second')
    gate.resolve()

    expect(repeat).toEqual({ outcome: 'inFlight' })
    expect((await first).outcome).toBe('reply')
    expect(chain.observer.counts).toMatchObject({ RequestsInFlight: 1, RequestsAnswered: 1 })
  })

  test('that a workflow will answer is deferred', async () => {
    const correlation: CorrelationStore = {
      ...createMemoryStore({ keptSeconds: 60 }),
      claim: async () => ({ state: 'deferred' }),
    }
    const chain = createChain({ correlation })
    expect(await chain.invoke(ruleEvent(sentEnvelope(EVALUATE)))).toEqual({ outcome: 'deferred' })
  })

  test('runs again after an error', async () => {
    let runs = 0
    const chain = createChain({
      routes: {
        'conscience/evaluate': async () => {
          runs += 1
          if (runs === 1) throw bridgeError('upstream_unreachable')
          return RESULT
        },
      },
    })
    const event = ruleEvent(sentEnvelope(EVALUATE))

    expect(codeOf(onlyMessage(await chain.invoke(event)).envelope)).toBe('upstream_unreachable')
    expect((await chain.invoke(event)).outcome).toBe('reply')
    expect(runs).toBe(2)
  })
})

describe('an attempt that lost its claim', () => {
  test.each<[string, () => Promise<typeof RESULT>]>([
    ['with a result', async () => RESULT],
    ['with an error', () => Promise.reject(bridgeError('upstream_unreachable'))],
  ])('%s says nothing', async (_, finish) => {
    let isFirst = true
    const gate = Promise.withResolvers<void>()
    const chain = createChain({
      routes: {
        'conscience/evaluate': async () => {
          if (!isFirst) return RESULT
          isFirst = false
          await gate.promise
          return finish()
        },
      },
    })
    const event = ruleEvent(sentEnvelope(EVALUATE))
    const slow = chain.invoke(event, 'slow')
    chain.pass(10_000 + REQUEST_LIMITS.leaseMarginMs)
    const taken = await chain.invoke(event, 'quick')
    gate.resolve()

    expect(taken.outcome).toBe('reply')
    expect(await slow).toEqual({ outcome: 'none' })
    expect(chain.observer.counts.LeasesLost).toBe(1)
    expect(chain.observer.lines.at(-1)).toMatchObject({ event: 'lease_lost', fields: { code: 'lease_lost' } })
  })
})
