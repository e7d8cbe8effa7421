import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type BusDelivery,
  BusTargetError,
  compilePattern,
  createEventBridge,
  DELIVERY_RETRY_MS,
  type RuleTarget,
} from '#local/events/index.ts'
import { createMeter } from '#local/meter/index.ts'
import { openState, type State } from '#local/state/index.ts'
import { createFakeClock, type FakeClock } from '../state/fake-clock.ts'

const ACCOUNT = { region: 'us-east-1', accountId: '000000000000' } as const
const RULE_ARN = 'arn:aws:events:us-east-1:000000000000:rule/orders'
const DEAD = 'arn:aws:sqs:us-east-1:000000000000:dead'

function setUp(
  options: {
    target?: Partial<RuleTarget>
    state?: State
    clock?: FakeClock
    send?: (delivery: BusDelivery) => Promise<void>
  } = {},
) {
  const { state = openState({ file: ':memory:' }), clock = createFakeClock(), send = async () => {} } = options
  const sent: BusDelivery[] = []
  const buried: { queueArn: string; delivery: BusDelivery; attributes: Readonly<Record<string, string>> }[] = []
  const { count, read: billed } = createMeter()
  const bridge = createEventBridge({
    db: state.db,
    count,
    account: ACCOUNT,
    clock,
    log() {},
    targets: {
      async send(delivery) {
        await send(delivery)
        sent.push(delivery)
      },
      async bury(queueArn, delivery, attributes) {
        buried.push({ queueArn, delivery, attributes })
      },
    },
  })
  bridge.registry.rules.set(RULE_ARN, {
    name: 'orders',
    arn: RULE_ARN,
    busName: 'default',
    pattern: '{"source":["shop"]}',
    matches: compilePattern({ source: ['shop'] }),
    isEnabled: true,
    targets: [
      {
        id: 'one',
        arn: 'arn:aws:sqs:us-east-1:000000000000:orders',
        input: {},
        maximumRetryAttempts: 185,
        maximumEventAgeSeconds: 86_400,
        deadLetterArn: DEAD,
        ...options.target,
      },
    ],
  })
  onTestFinished(async () => {
    await bridge.close()
    if (!options.state) state.close()
  })
  const put = () => bridge.put({ source: 'shop', detailType: 'Order', detail: { id: 7 } })
  return { bridge, clock, sent, buried, put, billed }
}

const fails = async () => {
  throw new Error('busy')
}

describe('an event', () => {
  test('is delivered to the targets of the rules that match it, with what EventBridge adds', async () => {
    const { bridge, sent, put, clock } = setUp()
    bridge.start()

    const id = put()
    bridge.put({ source: 'other', detailType: 'Order', detail: {} })
    await bridge.idle()

    expect(sent.map(({ input }) => JSON.parse(input))).toEqual([
      {
        version: '0',
        id,
        'detail-type': 'Order',
        source: 'shop',
        account: ACCOUNT.accountId,
        time: `${new Date(clock.nowMs()).toISOString().slice(0, 19)}Z`,
        region: ACCOUNT.region,
        resources: [],
        detail: { id: 7 },
      },
    ])
    expect(bridge.counts()).toEqual({ default: { events: 2, deliveries: 1 } })
  })

  test('is metered in steps of 64 KB where it is put, unless a service of AWS puts it', () => {
    const { bridge, put, billed } = setUp()
    put()
    bridge.put({ source: 'shop', detailType: 'Order', detail: { text: 'x'.repeat(64 * 1024) } })
    bridge.put({ source: 'aws.lambda', detailType: 'State', detail: {} })

    expect(billed()['events.published']).toEqual({ default: 3 })
  })

  test('that a target does not take is tried again after waits that double', async () => {
    let failures = 2
    const { bridge, sent, put, clock } = setUp({
      async send() {
        if (failures-- > 0) throw new Error('busy')
      },
    })
    bridge.start()
    put()

    for (const delayMs of [DELIVERY_RETRY_MS.min, DELIVERY_RETRY_MS.min * 2]) {
      await clock.scheduled(delayMs)
      expect(sent).toEqual([])
      clock.advance(delayMs)
    }
    await bridge.idle()

    expect(sent).toHaveLength(1)
  })

  test('goes to the dead-letter queue after its last attempt, with the reason', async () => {
    const { bridge, buried, put, clock } = setUp({ target: { maximumRetryAttempts: 1 }, send: fails })
    bridge.start()
    put()
    await clock.scheduled(DELIVERY_RETRY_MS.min)

    clock.advance(DELIVERY_RETRY_MS.min)
    await bridge.idle()

    expect(buried).toMatchObject([
      {
        queueArn: DEAD,
        attributes: {
          RULE_ARN,
          ERROR_MESSAGE: 'busy',
          EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
          RETRY_ATTEMPTS: '1',
        },
      },
    ])
  })

  test('that has become too old goes there as well', async () => {
    const { bridge, buried, put, clock } = setUp({ target: { maximumEventAgeSeconds: 60 }, send: fails })
    bridge.start()
    put()

    for (let delayMs: number = DELIVERY_RETRY_MS.min; delayMs <= 32_000 && buried.length === 0; delayMs *= 2) {
      await Promise.race([clock.scheduled(delayMs), bridge.idle()])
      clock.advance(delayMs)
      await bridge.idle()
    }

    expect(buried[0]?.attributes.EXHAUSTED_RETRY_CONDITION).toBe('MaximumEventAgeInSeconds')
  })

  test('is not tried again where a permission is missing', async () => {
    const { bridge, buried, put } = setUp({
      async send() {
        throw new BusTargetError('NO_PERMISSIONS', 'denied', true)
      },
    })
    bridge.start()

    put()
    await bridge.idle()

    expect(buried[0]?.attributes).toMatchObject({ ERROR_CODE: 'NO_PERMISSIONS', RETRY_ATTEMPTS: '0' })
    expect(buried[0]?.attributes).not.toHaveProperty('EXHAUSTED_RETRY_CONDITION')
  })

  test('that was not delivered when the runtime ended is delivered by the next one', async () => {
    using state = openState({ file: ':memory:' })
    const before = setUp({ state })
    before.put()
    await before.bridge.close()

    const after = setUp({ state, clock: before.clock })
    after.bridge.start()
    await after.bridge.idle()

    expect(before.sent).toEqual([])
    expect(after.sent).toHaveLength(1)
  })
})
