import { expect, test } from 'vitest'
import { connect, jamey } from '#device/index.ts'
import { createDeviceBench, untilState } from '../harness/device-bench.ts'
import { createPacketServer } from '../harness/packet-server.ts'

const reconnect = { minIntervalMs: 0 }
const status = { status: 'online', message: 'here', component: 'test' } as const
const heartbeat = { client_id: 'd', timestamp: '2026-11-20T12:00:00Z' }

test('an MQTT 5 client that is thrown out for the same publish again stops and names it; reset goes on without it', async () => {
  await using server = await createPacketServer((packet, socket) => {
    if (packet.cmd !== 'publish' || packet.topic !== 'jamey/events/status') return undefined
    socket.send({ cmd: 'disconnect', reasonCode: 0x87 })
    return []
  })
  await using bridge = await connect(jamey, { url: server.url, clientId: 'd', reconnect })

  const published = bridge.publish('events/status', status)

  await expect(published).rejects.toMatchObject({
    code: 'forbidden',
    classification: 'authentication',
    details: { action: 'publish jamey/events/status' },
  })
  expect((await untilState(bridge, 'error')).reason).toMatchObject({
    code: 'forbidden',
    details: { action: 'publish jamey/events/status' },
  })
  expect(server.connections).toBe(2)
  bridge.reset()
  await untilState(bridge, 'connected')
  await bridge.publish('events/errors', { code: 'x', message: '', component: 'x', severity: 'error' })
  expect(server.received('publish').map(({ topic }) => topic)).toEqual([
    'jamey/events/status',
    'jamey/events/status',
    'jamey/events/errors',
  ])
})

test('so does one that publishes with QoS 0, which nobody answers', async () => {
  await using server = await createPacketServer((packet, socket) => {
    if (packet.cmd === 'publish') socket.send({ cmd: 'disconnect', reasonCode: 0x87 })
    return undefined
  })
  await using bridge = await connect(jamey, { url: server.url, clientId: 'd', reconnect })

  await bridge.publish('events/heartbeat', heartbeat)
  await untilState(bridge, 'reconnecting')
  await untilState(bridge, 'connected')
  await bridge.publish('events/heartbeat', heartbeat)

  expect((await untilState(bridge, 'error')).reason).toMatchObject({
    details: { action: 'publish jamey/events/heartbeat' },
  })
})

test('other reasons and other actions do not count together', async () => {
  let throws = true
  await using server = await createPacketServer((packet, socket) => {
    if (packet.cmd === 'publish' && throws) socket.send({ cmd: 'disconnect', reasonCode: 0x87 })
    return undefined
  })
  await using bridge = await connect(jamey, { url: server.url, clientId: 'd', reconnect })

  await bridge.publish('events/heartbeat', heartbeat)
  await untilState(bridge, 'reconnecting')
  await untilState(bridge, 'connected')
  await bridge.publish('events/status', status, { qos: 0 })
  await untilState(bridge, 'reconnecting')
  throws = false
  await untilState(bridge, 'connected')

  expect(bridge.state.status).toBe('connected')
})

test('an MQTT 3.1.1 client, which is told nothing, stops after the third time', async () => {
  const denied = new Set(['publish jamey/events/status'])
  await using bench = await createDeviceBench({ denied })
  const bridge = await bench.device({ protocolVersion: 4 })

  const published = bridge.publish('events/status', status)
  published.catch(() => {})
  await untilState(bridge, 'reconnecting')
  await expect.poll(() => bridge.metrics().connections).toBe(2)
  await untilState(bridge, 'reconnecting')
  bench.clock.advance(1_000)

  expect((await untilState(bridge, 'error')).reason).toMatchObject({
    code: 'forbidden',
    details: { action: 'publish jamey/events/status' },
  })
  await expect(published).rejects.toMatchObject({ code: 'forbidden' })
  expect(bridge.metrics().connections).toBe(3)
})

test('an MQTT 3.1.1 client whose broker restarts goes on', async () => {
  await using bench = await createDeviceBench()
  const bridge = await bench.device({ protocolVersion: 4, reconnect: { minIntervalMs: 0, stableAfterMs: 0 } })

  for (let restart = 0; restart < 4; restart++) {
    await bridge.publish('events/status', status)
    bench.proxy.endAll()
    await untilState(bridge, 'reconnecting')
    bench.clock.advance(1)
    await untilState(bridge, 'connected')
  }

  expect(bridge.metrics().connections).toBe(5)
})

test('a subscription that is refused is an error of its own and costs no connection', async () => {
  await using bench = await createDeviceBench({ denied: new Set(['subscribe jamey/memory/updates']) })
  const bridge = await bench.device()

  await expect(bridge.on('memory/updates', () => {})).rejects.toMatchObject({
    code: 'subscribe_refused',
    details: { filter: 'jamey/memory/updates', reasonCode: '0x87', problem: 'not authorized' },
  })

  expect(bridge.state.status).toBe('connected')
  expect(bridge.metrics().subscriptions).toBe(0)
})
