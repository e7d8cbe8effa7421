import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BASE, createEdgeBench, type EdgeBench } from './harness/edge-bench.ts'
import { hasPython, type PythonManager, startPythonManager } from './harness/python-manager.ts'
import { type EdgeProcess, startEdgeProcess } from './harness/start-edge-process.ts'

const COMMAND = `${BASE}/command/edge`
const TOPICS = [`${BASE}/command`, COMMAND, `${BASE}/response`]
const command = (messageId: string) => ({
  waitResponse: true,
  messageId,
  deviceId: 'Instance-1',
  command: 'petal-flight-log/fetch_flight_records',
  timestamp: '2026-11-20T12:00:00Z',
  payload: { page: 1 },
})

if (!hasPython && process.env.CI === undefined)
  console.warn("skipped: python3 not found; install Debian's package python3")

describe.skipIf(!hasPython && process.env.CI === undefined)('the manager in Python, on urllib and http.server', () => {
  let bench: EdgeBench
  let edge: EdgeProcess
  let manager: PythonManager
  let port = '0'

  async function startEdge(): Promise<EdgeProcess> {
    const started = await startEdgeProcess(bench, { TS_CLIENT_PORT: port })
    port = new URL(started.url).port
    return started
  }
  const messagesWith = (messageId: string) =>
    manager.told('message').filter(({ payload }) => (payload as { messageId?: string }).messageId === messageId)
  async function untilMessage(messageId: string): Promise<void> {
    while (messagesWith(messageId).length === 0) await manager.until('message')
  }

  beforeAll(async () => {
    bench = await createEdgeBench()
    edge = await startEdge()
    manager = await startPythonManager({ url: edge.url })
    await manager.until('health', { healthy: true })
  })
  afterAll(async () => {
    await manager?.stop()
    await edge?.end('SIGTERM')
    await bench?.[Symbol.asyncDispose]()
  })

  test('finds the service by its health and subscribes to its topics', async () => {
    expect(manager.told('health')).toEqual([{ event: 'health', healthy: true, subscribed: TOPICS }])
    const { subscriptions } = (await (await fetch(`${edge.url}/mqtt/subscriptions`)).json()) as {
      subscriptions: object[]
    }
    const callbackUrl = `http://localhost:${manager.callbackPort}/mqtt-callback/callback`
    expect(subscriptions).toMatchObject(TOPICS.map(() => ({ callbackUrl })))
  })

  test('gets a command and answers it, with the time as Python writes it', async () => {
    await bench.send(COMMAND, command('py-1'))
    expect(await manager.until('answered', { messageId: 'py-1' })).toMatchObject({ done: true })

    expect(messagesWith('py-1')).toMatchObject([{ topic: COMMAND, payload: command('py-1') }])
    expect(bench.published(`${BASE}/response`)).toEqual([
      {
        messageId: 'py-1',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+$/),
        status: 'success',
        command: 'petal-flight-log/fetch_flight_records',
        deviceId: 'Instance-1',
      },
    ])
    // what it sent comes back on a topic that it subscribes to, and is known
    await manager.until('duplicate', { topic: `${BASE}/response` })
  })

  test('publishes at each QoS', async () => {
    for (const qos of [0, 1, 2]) expect(await manager.call('publish_message', { payload: { qos }, qos })).toBe(true)
    await bench.untilPublished(`${BASE}/command/web`, 3)
    expect(bench.published(`${BASE}/command/web`)).toEqual([0, 1, 2].map((qos) => ({ qos, deviceId: 'Instance-1' })))
  })

  test('subscribes again and again, and gets each message once', async () => {
    for (let time = 0; time < 5; time++) expect(await manager.call('subscribe', { topic: COMMAND })).toBe(true)
    await bench.send(COMMAND, command('py-once'))
    await bench.send(COMMAND, command('py-after'))
    await untilMessage('py-after')

    expect(messagesWith('py-once')).toHaveLength(1)
    expect(manager.told('duplicate').filter(({ topic }) => topic === COMMAND)).toEqual([])
  })

  test('gets a message again that it failed on, and everything as an object', async () => {
    await manager.call('fail_inside', { count: 1 })
    await bench.send(COMMAND, command('py-failed'))
    await manager.until('callback_failed')
    await untilMessage('py-failed')
    await bench.send(`${BASE}/command`, 'no JSON')
    await bench.send(`${BASE}/command`, [1])
    await bench.send(COMMAND, command('py-objects'))
    await untilMessage('py-objects')

    expect(manager.told('callback_refused')).toEqual([])
  })

  test('sees the service go and come back, and misses nothing of what was sent meanwhile', async () => {
    await edge.end('SIGKILL')
    await manager.until('health', { healthy: false })
    expect(await manager.call('publish_message', { payload: {} })).toBe(false)
    await bench.send(COMMAND, command('py-away'))

    edge = await startEdge()
    await untilMessage('py-away')
    expect(await manager.until('health', { healthy: true })).toMatchObject({ subscribed: TOPICS })
    expect(await manager.call('publish_message', { payload: { back: true } })).toBe(true)
  })

  test('misses nothing that came while it was away itself, nor gets it twice', async () => {
    await manager.stop()
    await bench.send(COMMAND, command('py-restart'))
    manager = await startPythonManager({ url: edge.url, callbackPort: manager.callbackPort })
    await manager.until('health', { healthy: true })
    await untilMessage('py-restart')
    await bench.send(COMMAND, command('py-last'))
    await untilMessage('py-last')

    expect(messagesWith('py-restart')).toHaveLength(1)
    expect(manager.told('call_failed')).toEqual([])
  })

  test('unsubscribes, also from what is no more', async () => {
    for (let time = 0; time < 2; time++)
      expect(await manager.call('unsubscribe', { topic: `${BASE}/command` })).toBe(true)
  })

  test('without callbacks subscribes and publishes, and nothing is posted', async () => {
    await using silent = await startPythonManager({ url: edge.url, enableCallbacks: false })
    await silent.until('health', { healthy: true })
    expect(await silent.call('subscribe', { topic: COMMAND })).toBe(true)
    expect(await silent.call('publish_message', { payload: { silent: true } })).toBe(true)
    await bench.send(COMMAND, command('py-silent'))
    await untilMessage('py-silent')

    expect(silent.told('message')).toEqual([])
    expect(silent.told('call_failed')).toEqual([])
  })

  test('is told why a call fails, with a status that it takes for a failure', async () => {
    const topic = 'org/other/device/Instance-1/response'
    expect(await manager.call('publish', { topic, payload: {} })).toBe(false)
    expect(await manager.until('call_failed')).toMatchObject({ path: '/publish', status: 403 })
  })
})
