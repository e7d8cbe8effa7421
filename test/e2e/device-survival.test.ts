import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { setInterval } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IssuerKey } from '#contract/index.ts'
import { type BridgeState, type ConnectOptions, connect, jamey } from '#device/index.ts'
import { ALL_PERMISSIONS, issueToken } from '../../cli/issue-token.ts'
import { type BreakingProxy, createBreakingProxy } from '../device/harness/breaking-proxy.ts'
import { untilState } from '../device/harness/device-bench.ts'
import {
  type BridgeProcess,
  readIssuerKey,
  sharedFolders,
  startBridgeProcess,
  temporaryFolder,
} from './harness/index.ts'
import type { QueueingDevice } from './harness/queueing-device.ts'
import { createScaledClock } from './harness/scaled-clock.ts'

/** Of the device's time to ours: a minute without network takes three seconds. */
const SPEED = 20
const LOAD_EVERY_MS = 80
/** The broker drops what is beyond 100 a second of a connection, sent and received together: each side sends less than half of it. */
const PUBLISHES_PER_SECOND = 40
const PATIENCE = { timeout: 60_000 }

const state = temporaryFolder()
let bridge: BridgeProcess
let issuerKey: IssuerKey
beforeAll(async () => {
  bridge = await startRuntime()
  issuerKey = await readIssuerKey(bridge.target)
})
afterAll(async () => {
  await bridge?.[Symbol.asyncDispose]()
  state[Symbol.dispose]()
})

async function startRuntime(): Promise<BridgeProcess> {
  const { assembly } = await sharedFolders()
  return startBridgeProcess(state.path, ['--template', assembly, '--upstream', 'none'])
}

/** The address stays while the runtime behind it comes and goes on other ports. */
const createProxy = () => createBreakingProxy(() => Number(new URL(bridge.ready.mqttUrl).port))
const tokenOf = (clientId: string) => issueToken(issuerKey, { clientId, permissions: ALL_PERMISSIONS })

function connectThrough(proxy: BreakingProxy, clientId: string, options: Partial<ConnectOptions<typeof jamey>> = {}) {
  return connect(jamey, {
    url: `mqtts://localhost:${proxy.port}`,
    ca: bridge.ready.caFile,
    clientId,
    token: () => tokenOf(clientId),
    limits: { publishesPerSecond: PUBLISHES_PER_SECOND },
    ...options,
  })
}
type Device = Awaited<ReturnType<typeof connectThrough>>

/** Publishes numbers until it is stopped, whatever the connection does, and then waits until the broker has all of them. */
function publishNumbers(device: Device, topic: 'events/status' | 'events/errors') {
  const ending = new AbortController()
  const sent: Promise<unknown>[] = []
  const publishing = (async () => {
    for await (const _ of setInterval(LOAD_EVERY_MS, undefined, { signal: ending.signal })) {
      const message = String(sent.length)
      const waiting = { timeoutMs: Number.POSITIVE_INFINITY }
      const published =
        topic === 'events/status'
          ? device.publish(topic, { status: 'online', component: 'test', message }, waiting)
          : device.publish(topic, errorWith(message), waiting)
      // told by `finish`
      published.catch(() => {})
      sent.push(published)
    }
  })().catch(() => {})
  const end = async () => {
    ending.abort()
    await publishing
  }
  return {
    /** Resolves to how many there were. */
    async finish() {
      await end()
      await Promise.all(sent)
      return sent.length
    },
    [Symbol.asyncDispose]: end,
  }
}

const errorWith = (message: string) => ({ code: 'test', message, component: 'test', severity: 'warning' }) as const

/** The numbers that a device handles, in order. */
async function handledBy(listener: Device, topic: 'events/status' | 'events/errors'): Promise<number[]> {
  const numbers: number[] = []
  await listener.on(topic, ({ message }) => void numbers.push(Number(message)))
  return numbers
}

const upTo = (count: number) => Array.from({ length: count }, (_, number) => number)
const sorted = (numbers: readonly number[]) => numbers.toSorted((one, other) => one - other)

test('a device loses nothing and handles nothing twice, whatever happens to broker, token, network and clock', async () => {
  const clock = createScaledClock(SPEED)
  await using proxy = await createProxy()
  await using otherProxy = await createProxy()
  await using device = await connectThrough(proxy, 'jamey-instance-1', {
    clock,
    // in its own time
    timeouts: { connectMs: 10_000 * SPEED, requestMs: 20_000 * SPEED, pingMs: 15_000, subscribeMs: 10_000 * SPEED },
    keepAliveSeconds: 20,
    // the broker's second is ours
    limits: { publishesPerSecond: PUBLISHES_PER_SECOND / SPEED },
  })
  await using other = await connectThrough(otherProxy, 'jamey-instance-2')
  const [byDevice, byOther] = [await handledBy(device, 'events/errors'), await handledBy(other, 'events/status')]
  const states: BridgeState[] = []
  device.onState((next) => states.push(next))
  const reasons = () => states.flatMap((one) => ('reason' in one && one.reason ? one.reason.code : []))
  await using fromDevice = publishNumbers(device, 'events/status')
  await using fromOther = publishNumbers(other, 'events/errors')
  const someMore = async () => {
    const before = [byDevice.length, byOther.length]
    await expect
      .poll(() => [byDevice.length, byOther.length].every((now, at) => now > (before[at] ?? 0)), PATIENCE)
      .toBe(true)
  }
  await someMore()

  // the broker is killed while a request is under way, and started again
  const stored = device.request(
    'memory/store',
    { layer: 'working', content: 'survived', tags: [] },
    { correlationId: randomUUID(), retries: 5 },
  )
  await bridge.kill('SIGKILL')
  await untilState(device, 'reconnecting')
  bridge = await startRuntime()
  await untilState(device, 'connected')
  const memory = await stored
  await someMore()

  // the token is rotated
  const renewalsBefore = device.metrics().renewals
  for (let round = 0; round < 3; round++) await device.renew()
  expect(device.metrics().renewals).toBeGreaterThanOrEqual(renewalsBefore + 3)
  await someMore()

  // the network is dead for a minute and more, without a word
  proxy.freeze()
  await clock.passed(60_000)
  await expect.poll(reasons, PATIENCE).toContain('keep_alive_timeout')
  proxy.mend()
  await untilState(device, 'connected')
  await someMore()

  // the time of day jumps forth and back
  const connections = device.metrics().connections
  const renewals = device.metrics().renewals
  for (const jumpMs of [3_600_000, -7_200_000, 3_600_000]) {
    clock.jump(jumpMs)
    await someMore()
  }
  expect(device.metrics().connections - connections).toBe(device.metrics().renewals - renewals)

  const [sentByDevice, sentByOther] = await Promise.all([fromDevice.finish(), fromOther.finish()])
  await expect.poll(() => [byOther.length, byDevice.length], PATIENCE).toEqual([sentByDevice, sentByOther])
  expect(sorted(byOther)).toEqual(upTo(sentByDevice))
  expect(sorted(byDevice)).toEqual(upTo(sentByOther))
  const { memories } = await device.request('memory/query', { query: 'survived' })
  expect(memories.map(({ id }) => id)).toEqual([memory.id])
})

test('what a killed process had in its durable queue is sent by the next one, and handled once', async () => {
  const clientId = 'jamey-instance-1'
  await using proxy = await createProxy()
  await using otherProxy = await createProxy()
  await using other = await connectThrough(otherProxy, 'jamey-instance-2', { session: 'clean' })
  const handled = await handledBy(other, 'events/status')
  const start = (first: number, count: number) =>
    startQueueing({
      url: `mqtts://localhost:${proxy.port}`,
      caFile: bridge.ready.caFile,
      clientId,
      token: tokenOf(clientId),
      queueFile: join(state.path, 'queue.db'),
      first,
      count,
    })

  proxy.refuse()
  const offline = await start(0, 100)
  await killed(offline)
  expect(handled).toEqual([])

  // killed again in the middle of sending
  proxy.mend()
  const sending = await start(100, 100)
  await expect.poll(() => handled.length, { ...PATIENCE, interval: 1 }).toBeGreaterThan(20)
  await killed(sending)

  const last = await start(200, 1)
  last.stdin?.end()
  expect(await once(last, 'exit')).toEqual([0, null])
  await expect.poll(() => handled.length, PATIENCE).toBe(201)
  expect(sorted(handled)).toEqual(upTo(201))
})

/** Resolves when the messages are in its queue. */
async function startQueueing(settings: QueueingDevice): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('./harness/queueing-device.ts', import.meta.url))
  const child = spawn(process.execPath, [file, JSON.stringify(settings)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the device ended with ${String(code)}`)))
  await Promise.race([once(child.stdout, 'data'), ended])
  ended.catch(() => {})
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
