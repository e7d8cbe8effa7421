import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { BASE, call, createEdgeBench, until } from './harness/edge-bench.ts'

const TOPIC = `${BASE}/response`

test('a reader of the stream that does not keep up is cut off, and holds nothing', async () => {
  await using bench = await createEdgeBench()
  const edge = await bench.start()
  const reader = connect(edge.port, '127.0.0.1')
  await once(reader, 'connect')
  reader.pause()
  reader.write(`GET /mqtt/messages HTTP/1.1\r\nhost: localhost\r\n\r\n`)
  const streams = async () => /^edge_streams (\d+)$/m.exec(await (await fetch(`${edge.url}/metrics`)).text())?.[1]
  while ((await streams()) !== '1');
  const text = 'x'.repeat(100_000)
  let sent = 0
  // more than the systems' buffers of a connection hold
  while ((await streams()) === '1') {
    expect(sent).toBeLessThan(1_000)
    for (let n = 0; n < 10; n++) await bench.send(TOPIC, { text })
    sent += 10
  }
  reader.destroy()
  expect(edge.health().status).toBe('healthy')
})

test('what does not fit into the outbox is refused, and what fits is sent when the broker is there', async () => {
  await using bench = await createEdgeBench()
  const away = await bench.start({ connected: false, device: { url: 'mqtts://localhost:1' } })
  const published = Array.from({ length: 10_000 }, (_, n) => away.publish({ topic: TOPIC, payload: { n } }))
  await Promise.all(published)
  const { status, body } = await call(away, '/publish', { topic: TOPIC, payload: { n: 10_000 } })
  expect([status, body.code]).toEqual([503, 'queue_full'])
  await away.close()

  await bench.start()
  await bench.untilPublished(TOPIC, 10_000)
  expect(bench.published(TOPIC).map(({ n }) => n)).toEqual(Array.from({ length: 10_000 }, (_, n) => n))
})

test('a device that the broker refuses for good is no longer healthy, and says why', async () => {
  await using bench = await createEdgeBench({
    authenticate: async () => ({ ok: false, reason: 'refused by a test' }) as never,
  })
  const edge = await bench.start({ connected: false, device: { token: 'one that is refused' } })
  await until(() => edge.health().mqtt.state === 'error')
  const { status, body } = await call(edge, '/health')
  expect([status, body]).toMatchObject([
    503,
    {
      status: 'unhealthy',
      mqtt: { state: 'error', reason: expect.any(String) },
      parts: expect.arrayContaining([{ part: 'broker', state: 'down', reason: expect.any(String) }]),
    },
  ])
  expect((await call(edge, '/mqtt/status')).status).toBe(200)
})
