import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer as createTcpServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { createServer, type TLSSocket } from 'node:tls'
import { describe, expect, test, vi } from 'vitest'
import { createWebSocketStream, WebSocketServer } from 'ws'
import { connect, jamey } from '#device/index.ts'
import { createServerCertificate } from '../../local/broker/server-certificate.ts'
import { createTestBroker, type TestBroker } from '../../local/broker/test-broker.ts'
import { createDeviceBench } from '../harness/device-bench.ts'

const certificate = await createServerCertificate()

/** A TLS port that tells of the handshakes made with it, and has the test broker behind it. */
async function createTlsObserver(options: { maxVersion?: 'TLSv1.2'; requestCert?: boolean; ca?: string } = {}) {
  const testBroker = createTestBroker()
  const handshakes: {
    protocol: string | null
    alpn: string | false | null
    serverName: string | false
    hasCertificate: boolean
  }[] = []
  const server = createServer({
    ...certificate,
    ...options,
    minVersion: options.maxVersion ?? 'TLSv1.3',
    rejectUnauthorized: false,
    ALPNProtocols: ['x-other', 'mqtt'],
  })
  server.on('tlsClientError', () => {})
  server.on('secureConnection', (socket: TLSSocket) => {
    const { alpnProtocol: alpn } = socket
    const serverName = (socket as { servername?: string | false }).servername ?? false
    const hasCertificate = Object.keys(socket.getPeerCertificate()).length > 0
    handshakes.push({ protocol: socket.getProtocol(), alpn, serverName, hasCertificate })
    testBroker.broker.acceptConnection(socket, { remoteAddress: '127.0.0.1' })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    port,
    handshakes,
    async [Symbol.asyncDispose]() {
      await testBroker[Symbol.asyncDispose]()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const common = { clientId: 'device-1', ca: certificate.cert, timeouts: 'local' } as const

describe('over TLS', () => {
  test('a device speaks TLS 1.3, names protocol and server, and has no certificate unless it is given one', async () => {
    await using server = await createTlsObserver({ requestCert: true })

    await using _ = await connect(jamey, { ...common, url: `mqtts://localhost:${server.port}` })

    expect(server.handshakes).toEqual([
      { protocol: 'TLSv1.3', alpn: 'mqtt', serverName: 'localhost', hasCertificate: false },
    ])
  })

  test('with cert and key, as texts or as files, it authenticates itself', async () => {
    await using server = await createTlsObserver({ requestCert: true })
    const folder = mkdtempSync(join(tmpdir(), 'device-tls-'))
    const files = { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
    writeFileSync(files.ca, certificate.cert)
    writeFileSync(files.cert, certificate.cert)
    writeFileSync(files.key, certificate.key)
    const url = `mqtts://localhost:${server.port}`

    await (await connect(jamey, { ...common, url, cert: certificate.cert, key: certificate.key })).close()
    await (await connect(jamey, { ...common, url, ...files })).close()
    rmSync(folder, { recursive: true })

    expect(server.handshakes.map(({ hasCertificate }) => hasCertificate)).toEqual([true, true])
  })

  test('serverName and alpn replace what the URL and MQTT say', async () => {
    await using server = await createTlsObserver()
    const options = { ...common, url: `mqtts://127.0.0.1:${server.port}`, serverName: 'localhost', alpn: ['x-other'] }

    await using _ = await connect(jamey, options)

    expect(server.handshakes).toMatchObject([{ alpn: 'x-other', serverName: 'localhost' }])
  })

  test('a server of TLS 1.2 is not spoken to', async () => {
    await using server = await createTlsObserver({ maxVersion: 'TLSv1.2' })

    await expect(connect(jamey, { ...common, url: `mqtts://localhost:${server.port}` })).rejects.toMatchObject({
      code: 'tls_failed',
      classification: 'reconnectable',
    })
    expect(server.handshakes).toEqual([])
  })

  test('a server whose certificate nobody known has signed is refused at once', async () => {
    await using server = await createTlsObserver()
    const other = await createServerCertificate()

    const failure = connect(jamey, { ...common, url: `mqtts://localhost:${server.port}`, ca: [other.cert] })

    await expect(failure).rejects.toMatchObject({ code: 'tls_failed' })
  })
})

/** A port for each kind of transport, with one broker behind all. */
async function createPort(protocol: string, { broker }: TestBroker): Promise<{ port: number; close(): void }> {
  if (protocol === 'mqtts' || protocol === 'wss') {
    const { port } = await broker.listen({ port: 0, tls: certificate, websocket: protocol === 'wss' })
    return { port, close() {} }
  }
  const accept = (stream: Duplex) => broker.acceptConnection(stream, { remoteAddress: '127.0.0.1' })
  const server = protocol === 'mqtt' ? createTcpServer(accept) : createHttpServer()
  if (protocol === 'ws') {
    const options = { server: server as HttpServer, handleProtocols: () => 'mqtt' }
    new WebSocketServer(options).on('connection', (socket) => accept(createWebSocketStream(socket)))
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as { port: number }).port, close: () => server.close() }
}

test.each(['mqtts', 'mqtt', 'wss', 'ws'])("Nagle's algorithm is off over %s", async (protocol) => {
  const testBroker = createTestBroker()
  const { port, close } = await createPort(protocol, testBroker)
  const noDelay = vi.spyOn(Socket.prototype, 'setNoDelay')
  try {
    const options = {
      clientId: 'device-1',
      timeouts: 'local' as const,
      ...(/s$/.test(protocol) && protocol !== 'ws' && { ca: certificate.cert }),
    }
    await using _ = await connect(jamey, { ...options, url: `${protocol}://localhost:${port}/mqtt` })

    const ofDevice = noDelay.mock.contexts.flatMap((socket, index) =>
      (socket as Socket).remotePort === port ? [noDelay.mock.calls[index]?.[0] ?? true] : [],
    )
    expect(ofDevice).toContain(true)
    expect(ofDevice).not.toContain(false)
  } finally {
    noDelay.mockRestore()
    await testBroker[Symbol.asyncDispose]()
    close()
  }
})

describe('before any connection', () => {
  const url = 'mqtts://localhost:1'
  test.each([
    ['a URL that is none', { url: 'nowhere' }, /url is not a URL/],
    ['a scheme that is not of MQTT', { url: 'http://localhost' }, /expected a URL with mqtts, wss, mqtt or ws/],
    ['credentials in the URL', { url: 'mqtts://me:secret@localhost' }, /^(?!.*secret).*user name/],
    ['a client id in the URL', { url: 'wss://localhost/mqtt?clientId=x' }, /clientId/],
    ['a certificate without key', { url, cert: certificate.cert }, /cert and key belong together/],
    ['a file that is not there', { url, ca: '/nowhere/ca.pem' }, /ca: cannot read \/nowhere\/ca.pem \(ENOENT\)/],
    [
      'a certificate that is none',
      { url, cert: '-----BEGIN CERTIFICATE-----', key: '-----BEGIN PRIVATE KEY-----' },
      /ca, cert or key: /,
    ],
    ['TLS options without TLS', { url: 'mqtt://localhost', ca: certificate.cert }, /ca is for TLS/],
    ['ALPN of a WebSocket', { url: 'wss://localhost', alpn: ['mqtt'] }, /alpn is for mqtts/],
    ['a client id that is none', { url, clientId: 'a/b' }, /clientId must fit/],
    ['a version that is none', { url, protocolVersion: 3 as 4 }, /protocolVersion/],
    ['a keep-alive out of bounds', { url, keepAliveSeconds: 70_000 }, /keepAliveSeconds/],
    ['a receive maximum of 0', { url, receiveMaximum: 0 }, /receiveMaximum/],
    ['a session expiry out of bounds', { url, sessionExpirySeconds: -1 }, /sessionExpirySeconds/],
    ['a permission that is none', { url, permissions: ['a/#/b'] }, /# stands alone/],
    ['a Will of the wrong shape', { url, will: { topic: 'events/status', payload: {} as never } as const }, /status/],
  ])('%s is refused', async (_, options, message) => {
    await expect(connect(jamey, { clientId: 'device-1', ...options })).rejects.toMatchObject({
      classification: 'fatal',
      message: expect.stringMatching(message),
    })
  })
})

test('a WebSocket carries the same', async () => {
  await using bench = await createDeviceBench()
  const { port } = await bench.test.broker.listen({ port: 0, tls: bench.certificate, websocket: true })

  const bridge = await bench.device({ url: `wss://localhost:${port}/mqtt` })
  await bridge.publish('events/status', { status: 'online', message: 'here', component: 'test' })

  expect(bench.texts('jamey/events/status')).toHaveLength(1)
})
