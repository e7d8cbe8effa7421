import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDeliveryWindow } from '../../../local/broker/sessions/delivery-window.ts'
import { acknowledge, connected } from './packets.ts'
import { createTestBroker, type TestBroker } from './test-broker.ts'
import { createWireClient } from './wire-client.ts'

const publish = (t: TestBroker, text: string) => t.broker.publish({ topic: 'a', payload: Buffer.from(text), qos: 1 })

describe('delivery window', () => {
  test('never holds more than its maximum nor an identifier twice, and keeps the order', () => {
    const steps = fc.array(fc.oneof(fc.constant('add' as const), fc.nat(20)), { maxLength: 200 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), steps, (maximum, all) => {
        const window = createDeliveryWindow<number>(maximum)
        const model: { id: number; item: number }[] = []
        for (const [item, step] of all.entries()) {
          expect(window.open).toBe(model.length < maximum)
          if (step === 'add') {
            if (!window.open) continue
            const id = window.add(item)
            expect(id).toBeGreaterThanOrEqual(1)
            expect(model.map((one) => one.id)).not.toContain(id)
            model.push({ id, item })
          } else {
            const settled = model[step % (model.length + 1)]
            expect(window.settle(settled?.id ?? 60_000)).toBe(settled?.item)
            if (settled) model.splice(model.indexOf(settled), 1)
          }
          expect(window.unsettled()).toEqual(model.map((one) => one.item))
        }
        const odd = window.settleWhere((item) => item % 2 === 1)
        expect(odd).toEqual(model.map((one) => one.item).filter((item) => item % 2 === 1))
        expect(window.unsettled()).toEqual(model.map((one) => one.item).filter((item) => item % 2 === 0))
      }),
    )
  })
})

describe.each([
  [4, 3_600],
  [5, 960],
] as const)('an unacknowledged message to a client of version %i', (version, seconds) => {
  const limits = { maxOutboundInFlight: 2, minKeepAliveSeconds: 60, keepAliveFactor: 1_000 }

  test(`makes room for others ${seconds} s after it was sent`, async () => {
    await using t = createTestBroker({ limits })
    const client = await connected(t, version)
    await client.subscribe('a')
    await publish(t, '1')
    t.clock.advance(1_000)
    await publish(t, '2')
    await publish(t, '3')
    expect(await client.settled()).toHaveLength(2)

    t.clock.advance(seconds * 1_000 - 1_001)
    expect(await client.settled()).toEqual([])
    t.clock.advance(1)
    expect(await client.settled()).toMatchObject([{ payload: Buffer.from('3') }])
    await publish(t, '4')
    t.clock.advance(1_000)
    expect(await client.settled()).toMatchObject([{ payload: Buffer.from('4') }])
    expect(t.logged('delivery_dropped')).toMatchObject([
      { reason: 'not acknowledged in time' },
      { reason: 'not acknowledged in time' },
    ])
  })

  test('is not sent again after that, counted from its first sending', async () => {
    const sessionSeconds = 100_000
    await using t = createTestBroker({
      limits: { ...limits, maxSessionExpirySeconds: sessionSeconds, persistentSessionSeconds: sessionSeconds },
    })
    const connect = async () => {
      const client = createWireClient(t.broker, version)
      const properties = { sessionExpiryInterval: sessionSeconds }
      await client.connect({ clean: false, ...(version === 5 ? { properties } : {}) })
      return client
    }
    const first = await connect()
    await first.subscribe('a')
    await publish(t, '1')
    await first.next('publish')
    first.lose()
    await new Promise(setImmediate)
    await publish(t, '2')
    t.clock.advance((seconds - 1) * 1_000)
    const second = await connect()
    const sentAgain = await second.settled()
    expect(sentAgain).toMatchObject([{ payload: Buffer.from('1') }, { payload: Buffer.from('2') }])
    second.lose()
    await new Promise(setImmediate)
    t.clock.advance(1_000)

    const third = await connect()
    expect(await third.settled()).toMatchObject([{ payload: Buffer.from('2') }])
  })
})

test('the wait for an acknowledgement leaves no timer when the client goes', async () => {
  const t = createTestBroker()
  const client = await connected(t)
  await client.subscribe('a')
  await publish(t, '1')
  acknowledge(client, await client.next('publish'))
  await t.broker.close()

  expect(t.clock.scheduledCount).toBe(0)
})
