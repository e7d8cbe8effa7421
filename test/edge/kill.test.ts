import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type CallbackReceiver, startCallbackReceiver } from './harness/callback-receiver.ts'
import { BASE, call, createEdgeBench, type EdgeBench } from './harness/edge-bench.ts'
import { startPetalProxy } from './harness/petal-proxy.ts'
import { type EdgeProcess, startEdgeProcess } from './harness/start-edge-process.ts'

const TOPIC = `${BASE}/command`

interface Granted {
  topic: string
  state: string
}

describe('a service that is killed', () => {
  let bench: EdgeBench
  let receiver: CallbackReceiver
  const processes: EdgeProcess[] = []
  let port = '0'

  beforeAll(async () => {
    bench = await createEdgeBench()
    receiver = await startCallbackReceiver()
  })
  // the folder is the next test's
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((edge) => edge.end('SIGKILL')))
  })
  afterAll(async () => {
    await receiver?.[Symbol.asyncDispose]()
    await bench?.[Symbol.asyncDispose]()
  })

  async function start(environment: Record<string, string> = {}): Promise<EdgeProcess> {
    const edge = await startEdgeProcess(bench, { TS_CLIENT_PORT: port, ...environment })
    processes.push(edge)
    port = new URL(edge.url).port
    return edge
  }

  test('loses no message of QoS 1 that came, wherever it was, and keeps their order', async () => {
    const count = 600
    let edge = await start()
    await call(edge, '/subscribe', { topic: TOPIC, callbackUrl: receiver.url })
    const sending = (async () => {
      for (let n = 1; n <= count; n++) await bench.send(TOPIC, { n, messageId: `m${n}` })
    })()
    for (const reached of [50, 200, 400]) {
      await receiver.untilReceived(reached)
      await edge.end('SIGKILL')
      edge = await start()
    }
    await sending
    const distinct = () => new Set(receiver.accepted.map(({ payload }) => payload.n))
    while (distinct().size < count) await receiver.untilAccepted(receiver.accepted.length + 1)

    expect(distinct()).toEqual(new Set(Array.from({ length: count }, (_, index) => index + 1)))
    // at each kill what was in the receiver's hands comes again, at most; seen for the first time, each is in its place
    const firsts = [...distinct()]
    expect(firsts).toEqual(firsts.toSorted((one, other) => Number(one) - Number(other)))
    expect(receiver.accepted.length - count).toBeLessThan(300)
    expect(await edge.end('SIGTERM')).toBe(0)
  })

  // AWS IoT Core does not mark what it sends again, so what was stored and not acknowledged comes twice
  test.each([
    { moment: 'before', expected: [1, 2] },
    { moment: 'after', expected: [1, 1, 2] },
  ])('loses no message when it dies right $moment its commit', async ({ moment, expected }) => {
    const edge = await start({ EDGE_TEST_DIES: moment })
    const numbers = () => receiver.accepted.map(({ payload }) => payload.n)
    const before = numbers().length
    await call(edge, '/subscribe', { topic: TOPIC, callbackUrl: receiver.url })
    await bench.send(TOPIC, { n: 1, messageId: `${moment}-1` })
    expect(await edge.exited).toBeNull()
    expect(numbers().length).toBe(before)

    const next = await start()
    await bench.send(TOPIC, { n: 2, messageId: `${moment}-2` })
    await receiver.untilAccepted(before + expected.length)
    expect(numbers().slice(before)).toEqual(expected)
    await next.end('SIGTERM')
  })

  test('loses nothing that it was given to publish over a lost connection', async () => {
    const edge = await start()
    const topic = `${BASE}/response`
    const before = bench.published(topic).length
    bench.test.broker.disconnect('edge-1')
    for (let n = 1; n <= 50; n++) {
      const { status } = await call(edge, '/publish', { topic, payload: { n, messageId: `p${n}` } })
      expect(status).toBe(200)
    }
    await edge.end('SIGKILL')
    await (await start()).end('SIGTERM')
    await bench.untilPublished(topic, before + 50)
    const sent = new Set(bench.published(topic).map(({ messageId }) => messageId))
    expect(sent).toEqual(new Set(Array.from({ length: 50 }, (_, index) => `p${index + 1}`)))
  })

  test('loses nothing that it has answered for, killed again and again while programs publish', async () => {
    const topic = `${BASE}/telemetry`
    const count = 300
    let running = start()
    const publishing = (async () => {
      for (let n = 1; n <= count; ) {
        const edge = await running
        const answer = await call(edge, '/publish', { topic, payload: { n } }).catch(() => undefined)
        if (answer?.status === 200) n += 1
      }
    })()
    for (const reached of [20, 90, 91, 180, 260]) {
      await bench.untilPublished(topic, reached)
      const edge = await running
      const killed = edge.end('SIGKILL')
      running = killed.then(() => start())
      await running
    }
    await publishing
    const edge = await running
    const numbers = () => new Set(bench.published(topic).map(({ n }) => n))
    while (numbers().size < count) await bench.untilPublished(topic, bench.published(topic).length + 1)
    expect(numbers()).toEqual(new Set(Array.from({ length: count }, (_, index) => index + 1)))
    await edge.end('SIGTERM')
  })

  test('posts what waited for a receiver that was down, once and in order', async () => {
    await using away = await startCallbackReceiver()
    let edge = await start()
    const topic = `${BASE}/status`
    await call(edge, '/subscribe', { topic, callbackUrl: away.url })
    const isGranted = async () => {
      const { subscriptions } = (await call(edge, '/mqtt/subscriptions')).body as { subscriptions: Granted[] }
      return subscriptions.some((one) => one.topic === topic && one.state === 'granted')
    }
    while (!(await isGranted()));
    await away.down()
    for (let n = 1; n <= 50; n++) await bench.send(topic, { n, messageId: `s${n}` })
    const waiting = async () => {
      const { callbacks } = (await call(edge, '/health')).body as { callbacks: { waiting: number } }
      return callbacks.waiting
    }
    while ((await waiting()) < 50);
    for (let time = 0; time < 2; time++) {
      await edge.end('SIGKILL')
      edge = await start()
      expect(await waiting()).toBe(50)
    }
    await away.up()
    await away.untilAccepted(50)
    expect(away.accepted.map(({ payload }) => payload.n)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
    await call(edge, '/unsubscribe', { topic })
    await edge.end('SIGTERM')
  })

  test('is found again by the manager, which subscribes to nothing it believes to have', async () => {
    let edge = await start()
    await using proxy = await startPetalProxy({
      clientUrl: () => edge.url,
      organizationId: 'acme',
      deviceId: 'Instance-1',
    })
    await proxy.start()
    expect(proxy.isConnected).toBe(true)

    await edge.end('SIGKILL')
    await proxy.healthLoop()
    expect(proxy.isConnected).toBe(false)
    expect(await proxy.publishMessage({ messageId: 'x' })).toBe(false)

    // a command that comes while it is gone
    await bench.send(`${BASE}/command/edge`, { messageId: 'gone', command: 'petal/x', waitResponse: false })
    const before = edge.instanceId
    edge = await start()
    await proxy.healthLoop()
    await proxy.until(() => proxy.commands.some(({ messageId }) => messageId === 'gone'))

    expect(proxy.isConnected).toBe(true)
    expect(edge.instanceId).not.toBe(before)
    expect(proxy.failures).toEqual([])
    await edge.end('SIGTERM')
  })
})
