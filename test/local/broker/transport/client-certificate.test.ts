import { once } from 'node:events'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { connectAsync } from 'mqtt'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { issueAuthority, issueCertificate, type KeyedCertificate } from '../../../../local/tls/issue.ts'
import { createServerCertificate } from '../server-certificate.ts'
import { createTestBroker } from '../test-broker.ts'

const server = createServerCertificate()
let known: KeyedCertificate
let unknown: KeyedCertificate
beforeAll(async () => {
  const life = { nowMs: Date.now(), lifetimeMs: 86_400_000 }
  const authority = await issueAuthority({ subject: 'CN=authority', ...life })
  known = await issueCertificate({ authority, subject: 'CN=known', ...life })
  unknown = await issueCertificate({ authority, subject: 'CN=unknown', ...life })
})

/** A listener for clients with a certificate, of which it lets the known one on. */
async function setUp() {
  const tls = await server
  const made = createTestBroker()
  const { port } = await made.broker.listen({
    port: 0,
    tls,
    name: 'mutualTls',
    checkCertificate: (pem) => (pem.trim() === known.certificate.trim() ? undefined : 'not registered'),
  })
  onTestFinished(() => made.broker.close())
  const connect = (options: object) =>
    connectAsync(
      `mqtts://localhost:${port}`,
      {
        ca: tls.cert,
        protocolVersion: 5,
        clientId: 'one',
        reconnectPeriod: 0,
        ...options,
      },
      false,
    )
  return { ...made, tls, port, connect }
}
const shown = ({ certificate, privateKey }: KeyedCertificate) => ({ cert: certificate, key: privateKey })

test('a client proves to hold its certificate, which the authenticator sees', async () => {
  const { connect, connectRequests } = await setUp()

  await (await connect(shown(known))).endAsync()

  expect(connectRequests[0]?.transport).toMatchObject({
    listener: 'mutualTls',
    clientCertificatePem: expect.stringContaining('BEGIN CERTIFICATE'),
  })
})

test.each([
  ['no certificate', () => ({}), 'the client has no certificate'],
  ['one that is not registered', () => shown(unknown), 'not registered'],
])('nothing is read of a client with %s', async (_, options, reason) => {
  const { connect, connectRequests, logged } = await setUp()

  await expect(connect(options())).rejects.toThrow()

  expect(logged('client_certificate_refused')).toMatchObject([{ level: 'warn', reason }])
  expect(connectRequests).toEqual([])
})

test.each([
  ['none', undefined, true],
  ['mqtt', ['mqtt'], true],
  ['x-amzn-mqtt-ca', ['x-amzn-mqtt-ca'], true],
  ['http/1.1', ['http/1.1'], false],
])('of the protocol names in the handshake, %s', async (_, ALPNProtocols, isTaken) => {
  const { port, tls } = await setUp()

  expect(await handshake({ port, ca: tls.cert, ...shown(known), ...(ALPNProtocols && { ALPNProtocols }) })).toBe(
    isTaken,
  )
})

test('the endpoint for tokens takes no client that asks for the protocol of certificates', async () => {
  const tls = await server
  const { broker } = createTestBroker()
  onTestFinished(() => broker.close())
  const { port } = await broker.listen({ port: 0, tls })

  expect(await handshake({ port, ca: tls.cert, ALPNProtocols: ['x-amzn-mqtt-ca'] })).toBe(false)
  expect(await handshake({ port, ca: tls.cert, ALPNProtocols: ['mqtt'] })).toBe(true)
})

async function handshake(options: ConnectionOptions & { port: number }): Promise<boolean> {
  const socket = connectTls({ host: 'localhost', servername: 'localhost', ...options })
  const result = await Promise.race([
    once(socket, 'secureConnect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false)
  socket.on('error', () => {})
  socket.destroy()
  return result
}
