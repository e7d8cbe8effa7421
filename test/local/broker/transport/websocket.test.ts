import { once } from 'node:events'
import { request as httpsRequest } from 'node:https'
import { connectAsync } from 'mqtt'
import mqttPacket from 'mqtt-packet'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { createServerCertificate } from '../server-certificate.ts'
import { createTestBroker } from '../test-broker.ts'

const certificate = createServerCertificate()
const CONNECT = mqttPacket.generate({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 5,
  clientId: 'page',
  clean: true,
  keepalive: 1_200,
  will: { topic: 'a/will', payload: Buffer.from('gone'), qos: 0, retain: false },
})

async function setUp(options: Parameters<typeof createTestBroker>[0] = {}) {
  const tls = await certificate
  const made = createTestBroker(options)
  const { port } = await made.broker.listen({ port: 0, tls, websocket: true, name: 'wss' })
  onTestFinished(() => made.broker.close())
  const url = `wss://localhost:${port}/mqtt`
  return { ...made, tls, port, url }
}

/** A bare WebSocket; its first answer is read as packets. */
async function open(url: string, ca: string, options: ClientOptions = {}, protocol = 'mqtt') {
  const socket = new WebSocket(url, protocol, { ca, ...options })
  const parser = mqttPacket.parser({ protocolVersion: 5 })
  const packets: string[] = []
  parser.on('packet', ({ cmd }) => packets.push(cmd))
  socket.on('message', (data: Buffer) => parser.parse(data))
  await once(socket, 'open')
  return { socket, packets, packet: () => once(socket, 'message') }
}

async function refusedStatus(url: string, ca: string, options: ClientOptions, protocols: string[]): Promise<number> {
  const socket = new WebSocket(url, protocols, { ca, ...options })
  socket.on('error', () => {})
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }]
  return response.statusCode
}

test('carries MQTT for a stock client, whose request the authenticator sees', async () => {
  const { url, tls, messages, connectRequests } = await setUp()
  const client = await connectAsync(`${url}?x-amz-customauthorizer-name=tokens`, {
    ca: tls.cert,
    protocolVersion: 5,
    clientId: 'page',
    reconnectPeriod: 0,
    wsOptions: { headers: { 'X-Token': 'a.b.c' } } as ClientOptions,
  })
  const received = new Promise<Buffer>((resolve) => client.once('message', (_, payload) => resolve(payload)))
  await client.subscribeAsync('a/b', { qos: 1 })

  await client.publishAsync('a/b', Buffer.alloc(100_000, 'x'), { qos: 1 })

  expect(await received).toHaveLength(100_000)
  await client.endAsync()
  expect(messages.map(({ topic }) => topic)).toEqual(['a/b'])
  expect(connectRequests[0]?.transport).toMatchObject({
    listener: 'wss',
    serverName: 'localhost',
    remoteAddress: '127.0.0.1',
    remotePort: expect.any(Number),
    http: { headers: { 'x-token': 'a.b.c' }, queryString: '?x-amz-customauthorizer-name=tokens' },
  })
})

describe('frames', () => {
  test('may hold a part of a packet, or several', async () => {
    const { url, tls } = await setUp()
    const { socket, packets, packet } = await open(url, tls.cert)

    socket.send(CONNECT.subarray(0, 5))
    socket.send(CONNECT.subarray(5))
    await packet()
    const ping = mqttPacket.generate({ cmd: 'pingreq' })
    socket.send(Buffer.concat([ping, ping]))
    while (packets.length < 3) await packet()

    expect(packets).toEqual(['connack', 'pingresp', 'pingresp'])
    socket.terminate()
  })

  test('of text end the connection', async () => {
    const { url, tls } = await setUp()
    const { socket } = await open(url, tls.cert)

    socket.send(CONNECT.toString('latin1'))

    expect((await once(socket, 'close'))[0]).toBe(1_003)
  })

  test('beyond a megabyte end the connection', async () => {
    const { url, tls } = await setUp()
    const { socket } = await open(url, tls.cert)
    socket.on('error', () => {})

    socket.send(Buffer.alloc(1024 * 1024 + 1))

    expect((await once(socket, 'close'))[0]).toBe(1_009)
  })
})

describe('the Will', () => {
  test('is not sent when the client closes its WebSocket', async () => {
    const { url, tls, messages, logged } = await setUp()
    const { socket, packet } = await open(url, tls.cert)
    socket.send(CONNECT)
    await packet()

    socket.close()
    await once(socket, 'close')
    await expect.poll(() => logged('client_disconnected')).toHaveLength(1)

    expect(logged('client_disconnected')).toMatchObject([{ disconnectReason: 'CLIENT_INITIATED_DISCONNECT' }])
    expect(messages.filter(({ topic }) => topic === 'a/will')).toEqual([])
  })

  test('is sent when the connection breaks', async () => {
    const { url, tls, messages, logged } = await setUp()
    const { socket, packet } = await open(url, tls.cert)
    socket.send(CONNECT)
    await packet()

    socket.terminate()
    await expect.poll(() => logged('client_disconnected')).toHaveLength(1)

    expect(logged('client_disconnected')).toMatchObject([{ disconnectReason: 'CONNECTION_LOST' }])
    expect(messages.map(({ topic }) => topic)).toContain('a/will')
  })

  test('is sent when the WebSocket has lived for 24 hours', async () => {
    const { url, tls, clock, messages, logged } = await setUp({ disconnectAfterSeconds: 90_000 })
    const { socket, packets, packet } = await open(url, tls.cert)
    socket.send(CONNECT)
    await packet()
    for (let quarter = 1; quarter < 24 * 4; quarter += 1) {
      clock.advance(15 * 60_000)
      socket.send(mqttPacket.generate({ cmd: 'pingreq' }))
      await packet()
    }
    expect(packets.filter((cmd) => cmd === 'pingresp')).toHaveLength(95)
    expect(logged('client_disconnected')).toEqual([])

    const closed = once(socket, 'close')
    clock.advance(15 * 60_000)
    await closed

    expect(logged('client_disconnected')).toMatchObject([{ disconnectReason: 'WEBSOCKET_TTL_EXPIRATION' }])
    expect(messages.map(({ topic }) => topic)).toContain('a/will')
  })
})

describe('is refused:', () => {
  test.each<[string, number, string, ClientOptions, string[]]>([
    ['another path', 404, '/other', {}, ['mqtt']],
    ['no sub-protocol', 400, '/mqtt', {}, []],
    ['another sub-protocol', 400, '/mqtt', {}, ['graphql-ws']],
    ['headers over 16 KB', 431, '/mqtt', { headers: { 'x-token': 'x'.repeat(20_000) } }, ['mqtt']],
  ])('%s', async (_, status, path, options, protocols) => {
    const { port, tls } = await setUp()

    expect(await refusedStatus(`wss://localhost:${port}${path}`, tls.cert, options, protocols)).toBe(status)
  })

  test('a request that wants no WebSocket', async () => {
    const { port, tls } = await setUp()

    const status = await new Promise((resolve, reject) => {
      const request = httpsRequest({ host: 'localhost', port, path: '/mqtt', ca: tls.cert }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.on('error', reject).end()
    })

    expect(status).toBe(426)
  })

  test('TLS 1.2', async () => {
    const { url, tls, logged } = await setUp()
    const socket = new WebSocket(url, 'mqtt', { ca: tls.cert, maxVersion: 'TLSv1.2' })

    const [error] = (await once(socket, 'error')) as [Error]

    expect(error.message).toMatch(/protocol version/)
    expect(logged('tls_handshake_failed')).toHaveLength(1)
  })

  test('a connection that sends no CONNECT in time', async () => {
    const { url, tls, clock, logged } = await setUp()
    const { socket } = await open(url, tls.cert)

    clock.advance(10_000)
    await once(socket, 'close')

    expect(logged('connect_timeout')).toHaveLength(1)
  })
})

test('a broker that closes ends its WebSockets', async () => {
  const { url, tls, broker } = await setUp()
  const { socket, packet } = await open(url, tls.cert)
  socket.send(CONNECT)
  await packet()
  const closed = once(socket, 'close')

  await broker.close()

  await closed
})
