import { describe, expect, test } from 'vitest'
import { createMemorySessionStore, REASON } from '#local/broker/index.ts'
import { acknowledge, connected, publishPacket } from './packets.ts'
import { createTestBroker, type TestBroker } from './test-broker.ts'
import { createWireClient, type WireClient } from './wire-client.ts'

const FILTER = '$share/workers/jobs/+'
const LASTING = { sessionExpiryInterval: 600 }

const publish = (t: TestBroker, text: string, qos: 0 | 1 = 1, properties = {}) =>
  t.broker.publish({ topic: 'jobs/1', payload: Buffer.from(text), qos, properties })

/** Payloads that have arrived; each is acknowledged. */
async function take(client: WireClient): Promise<string[]> {
  const packets = (await client.settled()).filter((packet) => packet.cmd === 'publish')
  for (const packet of packets) if (packet.qos === 1) acknowledge(client, packet)
  await client.settled()
  return packets.map(({ payload }) => payload.toString())
}

async function member(
  t: TestBroker,
  clientId: string,
  { version = 5 as 4 | 5, lasting = false, qos = 1 as 0 | 1 } = {},
) {
  const client = createWireClient(t.broker, version)
  await client.connect({ clientId, clean: !lasting, ...(version === 5 && lasting ? { properties: LASTING } : {}) })
  expect(await client.subscribe(FILTER, qos)).toEqual([qos])
  return client
}

async function lose(client: WireClient) {
  client.lose()
  await new Promise(setImmediate)
}

/** Takes these numbers in turn for random ones. */
function fixedRandom(...numbers: number[]) {
  let turn = 0
  return () => numbers[turn++ % numbers.length] ?? 0
}

describe('a shared subscription', () => {
  test.each([4, 5] as const)('gives each message to one member, at random (version %i)', async (version) => {
    await using t = createTestBroker({ random: fixedRandom(0, 0.99, 0.99, 0) })
    const one = await member(t, 'one', { version })
    const two = await member(t, 'two', { version })
    for (const text of ['a', 'b', 'c', 'd']) await publish(t, text)

    expect(await take(one)).toEqual(['a', 'd'])
    expect(await take(two)).toEqual(['b', 'c'])
  })

  test('of another name or filter gets its own copy, and so do ordinary subscriptions', async () => {
    await using t = createTestBroker()
    const client = await member(t, 'one')
    await client.subscribe('$share/others/jobs/#')
    await client.subscribe('$share/workers/jobs/1')
    await client.subscribe('jobs/1')
    await client.subscribe('$share/workers/else')
    await publish(t, 'x')

    expect(await take(client)).toEqual(['x', 'x', 'x', 'x'])
  })

  test('ends with UNSUBSCRIBE', async () => {
    await using t = createTestBroker()
    const client = await member(t, 'one')
    client.send({ cmd: 'unsubscribe', messageId: 9, unsubscriptions: [FILTER] })
    expect(await client.next('unsuback')).toMatchObject({ granted: [0] })
    await publish(t, 'x')

    expect(await take(client)).toEqual([])
  })

  test('asks for the whole filter when it is made, and for the plain topic on delivery', async () => {
    const denied = new Set([`subscribe ${FILTER}`])
    await using t = createTestBroker({ denied })
    const client = await connected(t)
    expect(await client.subscribe(FILTER)).toEqual([REASON.notAuthorized])
    expect(await client.subscribe('$share/workers/jobs/#')).toEqual([1])
    denied.add('receive jobs/1')
    await publish(t, 'x')

    expect(await take(client)).toEqual([])
    expect(t.logged('denied').at(-1)).toMatchObject({ action: 'receive', name: 'jobs/1' })
  })

  test('gets no stored retained message', async () => {
    await using t = createTestBroker()
    await t.broker.publish({ topic: 'jobs/1', payload: Buffer.from('old'), retain: true })
    const client = await connected(t)
    await client.subscribe('$share/workers/jobs/1')
    expect(await take(client)).toEqual([])
    await t.broker.publish({ topic: 'jobs/1', payload: Buffer.from('new'), retain: true })

    expect(await client.settled()).toMatchObject([{ payload: Buffer.from('new'), retain: false }])
  })

  test('cannot be No Local', async () => {
    await using t = createTestBroker()
    const client = await connected(t)
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: FILTER, qos: 0, nl: true }] })

    expect(await client.next('disconnect')).toMatchObject({ reasonCode: REASON.protocolError })
  })

  test('has at most so many members, and there are at most so many', async () => {
    await using t = createTestBroker({ limits: { maxSharedGroups: 1, maxSubscriptionsPerSharedGroup: 2 } })
    await member(t, 'one')
    const two = await member(t, 'two')
    const three = await connected(t, 5, 'three')
    expect(await three.subscribe(FILTER)).toEqual([REASON.quotaExceeded])
    expect(await three.subscribe('$share/others/a')).toEqual([REASON.quotaExceeded])
    expect(await two.subscribe(FILTER, 0)).toEqual([0])
    await lose(two)

    expect(await three.subscribe(FILTER)).toEqual([1])
  })

  test('delivers at the lower QoS of message and subscription', async () => {
    await using t = createTestBroker()
    const client = await member(t, 'one', { qos: 0 })
    await publish(t, 'x', 1)
    expect(await client.settled()).toMatchObject([{ qos: 0 }])
    await client.subscribe(FILTER, 1)
    await publish(t, 'x', 0)
    expect(await client.settled()).toMatchObject([{ qos: 0 }])
  })
})

describe('a message that its member did not acknowledge', () => {
  test('goes to another one', async () => {
    await using t = createTestBroker({ random: fixedRandom(0) })
    const one = await member(t, 'one')
    const two = await member(t, 'two')
    await publish(t, 'x')
    await one.next('publish')
    expect(await take(two)).toEqual([])
    await lose(one)

    expect(await take(two)).toEqual(['x'])
  })

  test('is queued when there is none, and is not sent twice to a member that comes back', async () => {
    await using t = createTestBroker()
    const one = await member(t, 'one', { lasting: true })
    await publish(t, 'x')
    await one.next('publish')
    await lose(one)
    const again = createWireClient(t.broker)
    await again.connect({ clean: false, properties: LASTING })

    expect(await take(again)).toEqual(['x'])
    expect(await take(again)).toEqual([])
  })
})

describe('the queue of a shared subscription', () => {
  test('exists only with a persistent session among the members, and for QoS 1', async () => {
    await using t = createTestBroker()
    const lasting = await member(t, 'lasting', { lasting: true })
    await lose(lasting)
    await publish(t, 'kept')
    await publish(t, 'not kept', 0)
    const other = await member(t, 'other')
    expect(await take(other)).toEqual(['kept'])

    await using plain = createTestBroker()
    await lose(await member(plain, 'one'))
    await publish(plain, 'x')
    expect(await take(await member(plain, 'two'))).toEqual([])
  })

  test('drains at 20 a second to each member, beside newer messages', async () => {
    await using t = createTestBroker({ limits: { maxSharedDrainPerSecond: 20 } })
    await lose(await member(t, 'one', { lasting: true }))
    for (let count = 0; count < 50; count += 1) await publish(t, `${count}`)

    const two = await member(t, 'two')
    expect(await take(two)).toHaveLength(20)
    await publish(t, 'new')
    expect(await take(two)).toEqual(['new'])
    const three = await member(t, 'three')
    expect(await take(three)).toHaveLength(20)
    t.clock.advance(250)
    expect([...(await take(two)), ...(await take(three))].sort()).toHaveLength(10)
  })

  test('takes what is over the publish rate of its members', async () => {
    await using t = createTestBroker({ limits: { maxPublishesPerSecond: 5 } })
    const one = await member(t, 'one', { lasting: true })
    for (let count = 0; count < 8; count += 1) await publish(t, `${count}`)
    expect(await take(one)).toEqual(['0', '1', '2', '3', '4'])
    t.clock.advance(200)
    expect(await take(one)).toEqual(['5'])
    t.clock.advance(400)
    expect(await take(one)).toEqual(['6', '7'])
  })

  test('drops the newest when it is full', async () => {
    await using t = createTestBroker({ limits: { maxQueuedPerSharedGroup: 2 } })
    await lose(await member(t, 'one', { lasting: true }))
    for (const text of ['1', '2', '3']) await publish(t, text)

    expect(await take(await member(t, 'two'))).toEqual(['1', '2'])
    expect(t.logged('queue_full')).toMatchObject([{ group: FILTER, topic: 'jobs/1' }])
  })

  test('keeps a message for an hour, or as long as its own expiry says', async () => {
    await using t = createTestBroker({ limits: { maxSessionExpirySeconds: 604_800 } })
    const one = createWireClient(t.broker)
    await one.connect({ properties: { sessionExpiryInterval: 604_800 } })
    await one.subscribe(FILTER)
    await lose(one)
    await publish(t, 'plain')
    await publish(t, 'short', 1, { messageExpiryInterval: 10 })
    await publish(t, 'long', 1, { messageExpiryInterval: 7_200 })
    t.clock.advance(3_599_000)
    await publish(t, 'late')
    t.clock.advance(1_000)

    expect(await take(await member(t, 'two'))).toEqual(['long', 'late'])
  })

  test('survives the broker, with what was in flight, and is gone with its last member', async () => {
    const store = createMemorySessionStore()
    const dead = createTestBroker({ store })
    const one = await member(dead, 'one', { lasting: true })
    await publish(dead, 'in flight')
    await publish(dead, 'done')
    const [, done] = await one.settled()
    acknowledge(one, { messageId: done?.messageId })
    await one.settled()

    const second = createTestBroker({ store })
    await publish(second, 'queued')
    expect(store.sharedQueues()).toMatchObject([
      { group: FILTER, queue: [{ message: { payload: Buffer.from('in flight') } }, { message: {} }] },
    ])
    const again = createWireClient(second.broker)
    await again.connect({ clean: false, properties: LASTING })
    expect(await take(again)).toEqual(['in flight', 'queued'])
    expect(store.sharedQueues()).toEqual([])
    await lose(again)
    await publish(second, 'left over')
    second.clock.advance(600_000)
    expect(store.sharedQueues()).toEqual([])
    await second.broker.close()
    expect(second.clock.scheduledCount).toBe(0)
  })

  test('whose members have expired while the broker was away is forgotten', async () => {
    const store = createMemorySessionStore()
    const dead = createTestBroker({ store })
    await lose(await member(dead, 'one', { lasting: true }))
    await publish(dead, 'x')
    expect(store.sharedQueues()).toHaveLength(1)
    store.deleteSession('one')

    await using _ = createTestBroker({ store })
    expect(store.sharedQueues()).toEqual([])
  })

  test('gives nothing to a member whose subscription has QoS 0 twice', async () => {
    const store = createMemorySessionStore()
    await using t = createTestBroker({ store })
    await lose(await member(t, 'one', { lasting: true }))
    await publish(t, 'x')
    const two = await member(t, 'two', { qos: 0 })

    expect(await two.settled()).toMatchObject([{ payload: Buffer.from('x'), qos: 0 }])
    expect(store.sharedQueues()).toEqual([])
  })
})

test('a publisher that is a member may get its own message', async () => {
  await using t = createTestBroker()
  const client = await member(t, 'one')
  client.send(publishPacket({ topic: 'jobs/1', qos: 0 }))

  expect(await take(client)).toEqual(['text'])
})
