import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { connect as connectTls } from 'node:tls'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { beforeAll, describe, expect, test } from 'vitest'
import { type BrokerOptions, createSqliteSessionStore } from '#local/broker/index.ts'
import { createSystemClock } from '#local/state/index.ts'
import { createServerCertificate, type ServerCertificate } from './server-certificate.ts'
import { createTestBroker } from './test-broker.ts'

let certificate: ServerCertificate
beforeAll(async () => {
  certificate = await createServerCertificate()
})

async function startBroker(options: Partial<BrokerOptions<string>> = {}) {
  const t = createTestBroker({ clock: createSystemClock(), ...options })
  const { port } = await t.broker.listen({ port: 0, tls: certificate })
  return { ...t, port }
}

function connectClient(port: number, options: IClientOptions = {}): Promise<MqttClient> {
  const url = `mqtts://localhost:${port}`
  return mqtt.connectAsync(url, { ca: certificate.cert, reconnectPeriod: 0, clientId: 'device', ...options })
}

/** The arguments of a client's next event of this name. */
function next(client: MqttClient, event: 'message' | 'disconnect' | 'connect'): Promise<unknown[]> {
  return new Promise((resolve) => client.once(event, (...values: unknown[]) => resolve(values)))
}

describe('broker over TLS', () => {
  test.each([4, 5] as const)('serves MQTT.js at QoS 1 both ways (version %i)', async (protocolVersion) => {
    await using t = await startBroker()
    const client = await connectClient(t.port, { protocolVersion, username: 'u', password: 'p' })
    await client.subscribeAsync('answers/#', { qos: 1 })
    const arrived = next(client, 'message')
    await client.publishAsync('answers/1', 'hello', { qos: 1 })

    const [topic, payload] = await arrived
    expect([topic, String(payload)]).toEqual(['answers/1', 'hello'])
    expect(t.connectRequests).toMatchObject([
      { username: 'u', transport: { serverName: 'localhost', remoteAddress: '127.0.0.1' } },
    ])
    await client.endAsync()
  })

  test('refuses TLS 1.2', async () => {
    await using t = await startBroker()
    const socket = connectTls({ port: t.port, host: '127.0.0.1', ca: certificate.cert, maxVersion: 'TLSv1.2' })
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]

    expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
    expect(t.logged('tls_handshake_failed')).toMatchObject([{ level: 'warn', reason: expect.any(String) }])
  })

  test('negotiates the ALPN protocol mqtt', async () => {
    await using t = await startBroker()
    const client = await connectClient(t.port, { ALPNProtocols: ['mqtt'] })

    expect(client.connected).toBe(true)
    await client.endAsync()
  })

  test('tells MQTT.js why it was refused and why it was disconnected', async () => {
    await using t = await startBroker({
      authenticate: async ({ clientId }) =>
        clientId === 'stranger'
          ? { ok: false, reason: 'unknown' }
          : { ok: true, principalId: 'p', session: '', disconnectAfterSeconds: 300 },
    })
    await expect(connectClient(t.port, { protocolVersion: 5, clientId: 'stranger' })).rejects.toMatchObject({
      code: 0x87,
    })

    const client = await connectClient(t.port, { protocolVersion: 5 })
    const told = next(client, 'disconnect')
    t.broker.disconnect('device')
    expect(await told).toMatchObject([{ reasonCode: 0x98 }])
    await client.endAsync()
  })

  test('carries a message of 128 KB', async () => {
    await using t = await startBroker()
    const client = await connectClient(t.port, { protocolVersion: 5 })
    await client.subscribeAsync('big', { qos: 1 })
    const arrived = next(client, 'message')
    await client.publishAsync('big', Buffer.alloc(131_072, 'x'), { qos: 1 })

    const [, payload] = await arrived
    expect(payload).toEqual(Buffer.alloc(131_072, 'x'))
    await client.endAsync()
  })

  test('takes up a persistent session again after a restart on the same database', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'broker-'))
    const path = join(folder, 'state.db')
    const lasting: IClientOptions = { protocolVersion: 5, clean: false, properties: { sessionExpiryInterval: 600 } }
    {
      using db = new DatabaseSync(path)
      db.exec('pragma journal_mode = wal')
      await using t = await startBroker({ store: createSqliteSessionStore(db) })
      const client = await connectClient(t.port, lasting)
      await client.subscribeAsync('a/#', { qos: 1 })
      await client.endAsync()
      await t.broker.publish({ topic: 'a/1', payload: Buffer.from('while away'), qos: 1 })
      await t.broker.publish({ topic: 'kept', payload: Buffer.from('retained'), qos: 1, retain: true })
    }

    using db = new DatabaseSync(path)
    await using t = await startBroker({ store: createSqliteSessionStore(db) })
    expect(t.broker.retainedMessage('kept')?.payload.toString()).toBe('retained')
    const client = mqtt.connect(`mqtts://localhost:${t.port}`, { ca: certificate.cert, clientId: 'device', ...lasting })
    const [[topic, payload], [connack]] = await Promise.all([next(client, 'message'), next(client, 'connect')])
    expect([topic, String(payload)]).toEqual(['a/1', 'while away'])
    expect(connack).toMatchObject({ sessionPresent: true })

    await client.endAsync()
    rmSync(folder, { recursive: true })
  })

  test('closes at once although a socket has not finished its handshake', async () => {
    const t = await startBroker()
    const client = await connectClient(t.port)
    const socket = connectTcp(t.port, '127.0.0.1')
    await once(socket, 'connect')
    await t.broker.close()

    await once(socket, 'close')
    await client.endAsync()
    await expect(connectClient(t.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('says that a port is taken', async () => {
    await using t = await startBroker()

    await expect(t.broker.listen({ port: t.port, tls: certificate })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
