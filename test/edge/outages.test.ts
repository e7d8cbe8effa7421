import type { ServerResponse } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { expect, test, vi } from 'vitest'
import { accept, type CallbackReceiver, startCallbackReceiver } from './harness/callback-receiver.ts'
import { BASE, createEdgeBench, type EdgeBench, until } from './harness/edge-bench.ts'
import { createEdgeClock } from './harness/edge-clock.ts'
import { createRandom } from './harness/fuzz.ts'

const TOPIC = `${BASE}/command`
const MINUTE_MS = 60_000
const numbers = (receiver: CallbackReceiver) => receiver.accepted.map(({ payload }) => payload.n)

/** Lets time pass from one attempt to the next. */
async function pass(bench: EdgeBench, clock: ReturnType<typeof createEdgeClock>, ms: number): Promise<void> {
  const endMs = clock.nowMs() + ms
  while (clock.nowMs() < endMs) {
    const before = bench.logged('callback_failed').length
    await until(() => {
      clock.advance(1_000)
      return bench.logged('callback_failed').length > before
    })
  }
}

test('a receiver that is down for a minute gets every message once and in order when it is back', async () => {
  await using bench = await createEdgeBench()
  const clock = createEdgeClock()
  const edge = await bench.start({ clock, random: () => 0.5 })
  await using receiver = await startCallbackReceiver()
  await edge.subscribe({ kind: 'topic', filter: TOPIC, callbackUrl: receiver.url })
  await bench.send(TOPIC, { n: 1 })
  await receiver.untilAccepted(1)

  await receiver.down()
  for (const n of [2, 3, 4, 5]) await bench.send(TOPIC, { n })
  await until(() => bench.logged('callback_failed').length >= 3)
  await pass(bench, clock, MINUTE_MS)
  const failed = bench.logged('callback_failed')
  expect(failed.length).toBeGreaterThan(5)
  expect(failed.every(({ problem }) => problem === 'ECONNREFUSED')).toBe(true)
  expect(edge.health().callbacks).toEqual({ waiting: 4, held: 0, dead_letters: 0 })

  await receiver.up()
  clock.advance(30_000)
  await receiver.untilAccepted(5)
  expect(numbers(receiver)).toEqual([1, 2, 3, 4, 5])
  await until(() => edge.health().callbacks.waiting === 0)
  expect(edge.deadLetters({ afterId: 0, count: 10 }).count).toBe(0)
})

test('a receiver that stays down finds every message among the dead letters, and gets them on request', async () => {
  await using bench = await createEdgeBench()
  const clock = createEdgeClock()
  const edge = await bench.start({ clock, environment: { EDGE_CALLBACK_GIVE_UP_SECONDS: '60' } })
  await using receiver = await startCallbackReceiver()
  await receiver.down()
  await edge.subscribe({ kind: 'topic', filter: TOPIC, callbackUrl: receiver.url })
  for (const n of [1, 2, 3]) await bench.send(TOPIC, { n })
  await until(() => bench.logged('callback_failed').length >= 1)
  await until(() => {
    clock.advance(1_000)
    return edge.health().callbacks.dead_letters === 3
  })
  const { deadLetters } = edge.deadLetters({ afterId: 0, count: 10 })
  expect(deadLetters.map(({ body }) => JSON.parse(body).payload.n)).toEqual([1, 2, 3])

  await receiver.up()
  edge.redrive()
  await receiver.untilAccepted(3)
  expect(numbers(receiver)).toEqual([1, 2, 3])
})

const fails = (response: ServerResponse) => response.setHeader('x-failed', '1')
const MISBEHAVIOURS: readonly ((response: ServerResponse) => unknown)[] = [
  (response) => fails(response).writeHead(500).end('{}'),
  (response) => fails(response).end('{"status":"error","message":"queue"}'),
  (response) => fails(response).writeHead(422).end('{}'),
  (response) => fails(response).writeHead(307, { location: 'http://localhost:1/' }).end(),
  // hangs
  () => {},
  (response) => response.socket?.destroy(),
  (response) => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('{"status":')
    response.socket?.destroy()
  },
]

test('whatever receivers do, every message is taken once or stands in the dead letters', async () => {
  const topics = ['command', 'response', 'telemetry', 'status', 'command/web'].map((relative) => `${BASE}/${relative}`)
  const callbacks = 8
  const each = 6
  const random = createRandom(20_261_201)
  await using bench = await createEdgeBench()
  const edge = await bench.start({
    environment: { EDGE_CALLBACK_TIMEOUT_MS: '300', EDGE_CALLBACK_ATTEMPTS: '3' },
    random,
  })
  await using receiver = await startCallbackReceiver()
  const taken: string[] = []
  const nameOf = (path: string, topic: string, n: unknown) => `${path.split('?')[1]} ${topic} ${n}`
  receiver.behave(({ path, body }, response) => {
    if (random() < 0.5) return void MISBEHAVIOURS[Math.floor(random() * MISBEHAVIOURS.length)]?.(response)
    response.once('finish', () => taken.push(nameOf(path, body.topic, body.payload.n)))
    accept(response)
  })
  for (const filter of topics)
    for (let callback = 0; callback < callbacks; callback++)
      await edge.subscribe({ kind: 'topic', filter, callbackUrl: `${receiver.url}?${callback}` })

  for (let n = 0; n < each; n++) for (const topic of topics) await bench.send(topic, { n })
  await receiver.untilReceived(100)
  await receiver.down()
  await until(() => bench.logged('callback_failed').filter(({ problem }) => problem === 'ECONNREFUSED').length > 20)
  await receiver.up()
  const total = topics.length * callbacks * each
  const dead = () => edge.deadLetters({ afterId: 0, count: 1_000 }).deadLetters
  await until(() => edge.health().callbacks.waiting === 0 && taken.length + dead().length >= total)

  const given = dead().map(({ url, topic, body }) => nameOf(url, topic, JSON.parse(body).payload.n))
  const all = topics.flatMap((topic) =>
    Array.from({ length: callbacks }, (_, callback) =>
      Array.from({ length: each }, (__, n) => nameOf(`?${callback}`, topic, n)),
    ).flat(),
  )
  expect([...taken, ...given].toSorted()).toEqual(all.toSorted())
  expect(given.length).toBeGreaterThan(0)
  expect(taken.length).toBeGreaterThan(total / 2)
})

test('what waits is told once it stands in the store, and the broker keeps it until then', async () => {
  await using bench = await createEdgeBench()
  await using receiver = await startCallbackReceiver()
  const edge = await bench.start({ clock: createEdgeClock() })
  await receiver.down()
  await edge.subscribe({ kind: 'topic', filter: TOPIC, callbackUrl: receiver.url })
  const { exec } = DatabaseSync.prototype
  using commit = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql) {
    if (sql === 'COMMIT') throw new Error('disk I/O error')
    exec.call(this, sql)
  })
  for (const n of [1, 2]) await bench.send(TOPIC, { n })
  await until(() => bench.logged('store_failed').length > 0)
  expect(edge.health()).toMatchObject({ callbacks: { waiting: 0 }, store: { ok: false, problem: 'disk I/O error' } })
  expect(edge.health().parts).toContainEqual({ part: 'store', state: 'down', reason: 'disk I/O error' })

  commit.mockRestore()
  await until(() => edge.health().callbacks.waiting === 2)
  expect(edge.health().store.ok).toBe(true)
})
