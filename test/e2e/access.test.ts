import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectTls } from 'node:tls'
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { signToken, unsignedToken } from '../fixtures/tokens.ts'
import { type Bridge, type ConnectOptions, disconnected, NAMES, startBridge } from './harness/index.ts'

const EVALUATE = { action: 'Delete user data', context: 'User requested account deletion' }

let bridge: Bridge
beforeAll(async () => {
  bridge = await startBridge()
  await bridge.register({ client_id: 'revoked', status: 'revoked' })
  await bridge.register({ client_id: 'removed', status: 'removed' })
  await bridge.register({ client_id: 'renewed', not_before_seconds: nowSeconds() + 60 })
  await bridge.register({ client_id: 'no-such-role', role: 'emperor' })
})
afterEach(() => {
  expect(bridge.log.text()).not.toMatch(/eyJ[\w-]+\.|Bearer/)
  expect(bridge.log.text()).not.toContain(bridge.issuerKey.secret)
})
afterAll(() => bridge?.[Symbol.asyncDispose]())

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

function refusal(clientId = 'jamey-instance-1') {
  return bridge.log.functions.take(
    'refusal',
    ({ message, client_id }) => message === 'connection_refused' && client_id === clientId,
  )
}

describe('a token with the permission jamey/memory/#', () => {
  const permissions = ['jamey/memory/#']

  test('gives what the contract has under it, and no more', async () => {
    await using device = await bridge.connect({ permissions, subscribe: [] })
    await device.subscribe('jamey/memory/#')
    await device.subscribe('jamey/memory/updates')
    await device.publish('jamey/memory/query', '{}')

    for (const topic of ['jamey/conscience/evaluate', 'jamey/memory/updates', 'jamey/memory', 'jamey/memory/other']) {
      await expect(device.publish(topic, '{}'), topic).rejects.toMatchObject({ code: 0x87 })
    }
    const wider = ['jamey/#', '#', '+/memory/updates', 'jamey/+/updates', 'jamey/responses/jamey-instance-1']
    for (const filter of wider) {
      await expect(device.subscribe(filter), filter).rejects.toMatchObject({ code: 0x87 })
      const entry = await bridge.log.runtime.take('denial', ({ event, name }) => event === 'denied' && name === filter)
      expect(entry).toMatchObject({ action: 'subscribe', clientId: 'jamey-instance-1', reasonCode: '0x87' })
    }
  })

  test('does the same for MQTT 3.1.1, which has fewer words for it', async () => {
    await using subscriber = await bridge.connect({ permissions, subscribe: [], protocolVersion: 4 })
    const subscriberEnded = disconnected(subscriber)
    await expect(subscriber.subscribe('jamey/#')).rejects.toThrow()
    await subscriberEnded

    await using device = await bridge.connect({ permissions, subscribe: [], protocolVersion: 4 })
    const ended = disconnected(device)
    device.client.publish('jamey/conscience/evaluate', '{}', { qos: 1 })
    await ended

    const isDenial = ({ event, name }: { event: string; name?: unknown }) =>
      event === 'denied' && name === 'jamey/conscience/evaluate'
    expect(await bridge.log.runtime.take('denial', isDenial)).toMatchObject({ action: 'publish' })
  })

  test('is bounded by the role of the device', async () => {
    const connecting = bridge.connect({ clientId: 'observer-1', permissions: ['jamey/memory/store'] })
    await expect(connecting).rejects.toMatchObject({ code: 0x87 })
    expect(await refusal('observer-1')).toMatchObject({ code: 'rights_empty' })
  })
})

describe('a token that denies', () => {
  const permissions = ['jamey/#', '!jamey/events/errors', '!pub:jamey/memory/store']

  test('takes that away from its role, and leaves filters that are wider', async () => {
    await using device = await bridge.connect({ permissions, subscribe: ['jamey/events/#'] })

    for (const topic of ['jamey/events/errors', 'jamey/memory/store']) {
      await expect(device.publish(topic, '{}'), topic).rejects.toMatchObject({ code: 0x87 })
    }
    await expect(device.subscribe('jamey/events/errors')).rejects.toMatchObject({ code: 0x87 })

    await using other = await bridge.connect({ clientId: 'operator-1', permissions: ['jamey/#'] })
    await other.publish('jamey/events/errors', '{"from":"other"}')
    await other.publish('jamey/events/status', '{"from":"other"}')
    expect(await device.messages.take('what is not denied', () => true)).toMatchObject({ topic: 'jamey/events/status' })
  })
})

describe('RETAIN', () => {
  const topic = 'jamey/events/status'
  const retained = { qos: 1, retain: true } as const

  test('is refused without a right of its own, which role and token give', async () => {
    await using agent = await bridge.connect({ permissions: ['jamey/#', `retain:${topic}`], subscribe: [] })
    await agent.publish(topic, '{}')
    await expect(agent.client.publishAsync(topic, '{}', retained)).rejects.toMatchObject({ code: 0x87 })

    await using plain = await bridge.connect({ clientId: 'operator-1', permissions: ['jamey/#'], subscribe: [] })
    await expect(plain.client.publishAsync(topic, '{}', retained)).rejects.toMatchObject({ code: 0x87 })
    await plain.client.endAsync()

    await using operator = await bridge.connect({
      clientId: 'operator-1',
      permissions: ['jamey/#', `retain:${topic}`],
      subscribe: [],
    })
    await operator.client.publishAsync(topic, '', retained)
    await expect(operator.client.publishAsync('jamey/events/errors', '{}', retained)).rejects.toMatchObject({
      code: 0x87,
    })
  })

  test.each([
    [
      'on a topic outside the rights',
      { topic: 'jamey/memory/updates', payload: Buffer.from('{}'), qos: 1, retain: false },
    ],
    ['retained without the right', { topic, payload: Buffer.from('{}'), qos: 1, retain: true }],
  ] as const)('a Will %s closes the door', async (_, will) => {
    await expect(bridge.connect({ permissions: ['jamey/#'], mqtt: { will } })).rejects.toMatchObject({ code: 0x87 })
  })
})

describe('a shared subscription', () => {
  test('takes a role that names the group', async () => {
    const filter = 'jamey/events/#'
    await using operator = await bridge.connect({ clientId: 'operator-1', permissions: ['jamey/#'], subscribe: [] })
    await operator.subscribe(`$share/operators/${filter}`)
    for (const denied of [`$share/others/${filter}`, `$share/operators/x/${filter}`, '$share/operators/jamey/#']) {
      await expect(operator.subscribe(denied), denied).rejects.toMatchObject({ code: 0x87 })
    }
    await using agent = await bridge.connect({ permissions: ['jamey/#'], subscribe: [] })
    await expect(agent.subscribe(`$share/operators/${filter}`)).rejects.toMatchObject({ code: 0x87 })
  })
})

describe('who is not let in', () => {
  const claims = (sub: string, more: object = {}) => ({
    sub,
    iat: nowSeconds(),
    exp: nowSeconds() + 300,
    permissions: ['jamey/#'],
    ...more,
  })
  const header = () => ({ alg: 'HS256', typ: 'JWT', kid: bridge.issuerKey.kid })
  const signed = (sub: string, more: object = {}) =>
    signToken(header(), claims(sub, more), { secret: bridge.issuerKey.secret })

  const refused: [string, string, () => ConnectOptions][] = [
    ['a token for another client id', 'token_subject_mismatch', () => ({ password: signed('jamey-instance-2') })],
    [
      'an expired token',
      'token_expired',
      () => ({ password: signed('jamey-instance-1', { iat: nowSeconds() - 400, exp: nowSeconds() - 100 }) }),
    ],
    [
      'a token that is not signed',
      'token_algorithm_forbidden',
      () => ({ password: unsignedToken({ alg: 'none' }, claims('jamey-instance-1')) }),
    ],
    [
      'a token of another key',
      'token_signature_invalid',
      () => ({ password: signToken(header(), claims('jamey-instance-1'), { secret: 'x'.repeat(64) }) }),
    ],
    [
      'a token of an unknown key',
      'token_key_unknown',
      () => ({
        password: signToken({ ...header(), kid: 'k9' }, claims('jamey-instance-1'), { secret: 'x'.repeat(64) }),
      }),
    ],
    [
      'a token of another algorithm',
      'token_algorithm_forbidden',
      () => ({
        password: signToken({ ...header(), alg: 'HS512' }, claims('jamey-instance-1'), {
          secret: bridge.issuerKey.secret,
          hash: 'sha512',
        }),
      }),
    ],
    [
      'a token that lives too long',
      'token_lifetime_too_long',
      () => ({ password: signed('jamey-instance-1', { exp: nowSeconds() + 3_600 }) }),
    ],
    [
      'a token from the future',
      'token_not_yet_valid',
      () => ({ password: signed('jamey-instance-1', { iat: nowSeconds() + 60 }) }),
    ],
    [
      'a token without permissions',
      'token_claims_invalid',
      () => ({ password: signed('jamey-instance-1', { permissions: undefined }) }),
    ],
    [
      'a permission that is no filter',
      'permission_invalid',
      () => ({ password: signed('jamey-instance-1', { permissions: ['jamey/#/x'] }) }),
    ],
    ['something that is no token', 'token_malformed', () => ({ password: 'a.b.c' })],
    ['no password', 'token_missing', () => ({ password: '' })],
    [
      'a token over the limit',
      'token_too_large',
      () => ({ password: signed('jamey-instance-1', { padding: 'x'.repeat(7_000) }) }),
    ],
    ['a device that is not registered', 'device_unknown', () => ({ clientId: 'nobody' })],
    ['a revoked device', 'device_inactive', () => ({ clientId: 'revoked' })],
    ['a removed device', 'device_inactive', () => ({ clientId: 'removed' })],
    ['a token older than the renewed key', 'token_revoked', () => ({ clientId: 'renewed' })],
    ['a role that the fleet does not define', 'role_unknown', () => ({ clientId: 'no-such-role' })],
    [
      'the record of the server names',
      'client_id_invalid',
      () => ({ clientId: '#server-names', password: signed('#server-names'), subscribe: [] }),
    ],
  ]
  test.each(refused)('%s (%s)', async (_, code, options) => {
    const { clientId = 'jamey-instance-1' } = options()
    for (const [protocolVersion, connack] of [
      [5, 0x87],
      [4, 5],
    ] as const) {
      await expect(bridge.connect({ ...options(), protocolVersion })).rejects.toMatchObject({ code: connack })
      expect(await refusal(clientId)).toMatchObject({ code, reason: expect.any(String) })
      const entry = await bridge.log.runtime.take(
        'denial',
        ({ event, action, name }) => event === 'denied' && action === 'connect' && name === clientId,
      )
      expect(entry).toMatchObject({ clientId, level: 'warn', reasonCode: '0x87' })
    }
  })

  test('a device that is revoked comes in no more', async () => {
    await bridge.register({ client_id: 'soon-revoked' })
    await using device = await bridge.connect({ clientId: 'soon-revoked' })
    expect(device.client.connected).toBe(true)
    await bridge.dynamoDb.send(
      new UpdateItemCommand({
        TableName: NAMES.deviceTable,
        Key: { client_id: { S: 'soon-revoked' } },
        UpdateExpression: 'SET #status = :revoked',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':revoked': { S: 'revoked' } },
      }),
    )

    await expect(bridge.connect({ clientId: 'soon-revoked' })).rejects.toMatchObject({ code: 0x87 })
    expect(await refusal('soon-revoked')).toMatchObject({ code: 'device_inactive' })
  })

  test('a client that speaks TLS 1.2', async () => {
    const { port } = new URL(bridge.runtime.mqttUrl)
    const ca = readFileSync(bridge.runtime.caFile)
    const socket = connectTls({
      port: Number(port),
      host: '127.0.0.1',
      servername: 'localhost',
      ca,
      maxVersion: 'TLSv1.2',
    })
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]

    expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
    expect(await bridge.log.runtime.take('failure', ({ event }) => event === 'tls_handshake_failed')).toMatchObject({
      level: 'warn',
      reason: expect.any(String),
    })
  })

  test('a client that speaks no TLS', async () => {
    const url = bridge.runtime.mqttUrl.replace('mqtts:', 'mqtt:')
    const { connectAsync } = await import('mqtt')
    await expect(connectAsync(url, { reconnectPeriod: 0, connectTimeout: 2_000 }, false)).rejects.toThrow()
  })
})

describe('what belongs to another', () => {
  test('memories of another tenant are not found, whatever user is named', async () => {
    await using acme = await bridge.connect({ clientId: 'jamey-instance-1' })
    await using globex = await bridge.connect({ clientId: 'jamey-instance-2' })
    await using colleague = await bridge.connect({ clientId: 'operator-1' })
    const content = `secret plan ${randomUUID()}`
    const query = { query: content, user_id: 'u1' }
    await acme.request('jamey/memory/store', { layer: 'semantic', content, tags: [], user_id: 'u1' })

    const found = async (device: typeof acme, payload: object = query) => {
      const { envelope } = await device.request('jamey/memory/query', payload)
      return (envelope.payload as { total: number }).total
    }
    expect(await found(acme)).toBe(1)
    expect(await found(colleague)).toBe(1)
    expect(await found(globex)).toBe(0)
    expect(await found(acme, { query: content, user_id: 'u2' })).toBe(0)
    expect(await found(acme, { query: content })).toBe(0)
    expect(await found(globex, { query: content, user_id: 'org:acme' })).toBe(0)
  })

  test('a wildcard delivers no replies of others', async () => {
    await using spy = await bridge.connect({ clientId: 'operator-1', subscribe: ['jamey/+/+', 'jamey/#'] })
    await using device = await bridge.connect({ clientId: 'jamey-instance-1' })
    await device.request('jamey/conscience/evaluate', EVALUATE, { reply_to: 'jamey/responses/jamey-instance-1' })
    await device.request('jamey/memory/query', { query: 'x' })
    await device.publish('jamey/conscience/evaluate', 'malformed')
    await device.messages.take('error', ({ envelope }) => envelope.metadata.status === 'error')

    // a shared reply after the private ones shows that none of them was on its way
    const marker = randomUUID()
    await device.send('jamey/conscience/evaluate', EVALUATE, { correlation_id: marker })
    await spy.reply(marker)
    const topics = new Set(spy.messages.all.map(({ topic }) => topic))
    expect([...topics]).toEqual(['jamey/conscience/results'])
  })

  test('the requests that devices send are seen by nobody else', async () => {
    await using spy = await bridge.connect({ clientId: 'operator-1', subscribe: ['jamey/#'] })
    for (const filter of ['jamey/conscience/evaluate', 'jamey/memory/store', 'jamey/responses/jamey-instance-1']) {
      await expect(spy.subscribe(filter), filter).rejects.toMatchObject({ code: 0x87 })
    }
    await using device = await bridge.connect({ clientId: 'jamey-instance-1' })
    await device.send('jamey/conscience/evaluate', EVALUATE, { correlation_id: 'seen' })
    await spy.reply('seen')
    expect(spy.messages.all.map(({ topic }) => topic)).toEqual(['jamey/conscience/results'])
  })
})
