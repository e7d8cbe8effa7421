import {
  DeleteConnectionCommand,
  GetConnectionCommand,
  ListNamedShadowsForThingCommand,
  ListSubscriptionsCommand,
} from '@aws-sdk/client-iot-data-plane'
import { describe, expect, test } from 'vitest'
import { ARN_PREFIX, setUp } from './set-up.ts'

const WILL = { topic: 'a/will', payload: Buffer.from('gone'), qos: 1 as const, retain: false }

describe('DeleteConnection', () => {
  test('ends the connection, publishes the Will and leaves the session', async () => {
    const { data, connect, messages, logged } = await setUp()
    const client = await connect({ clientId: 'lamp-1', will: WILL, properties: { sessionExpiryInterval: 600 } })
    await client.subscribe('a/b')

    await data.send(new DeleteConnectionCommand({ clientId: 'lamp-1' }))

    expect(await client.closed()).toMatchObject([{ cmd: 'disconnect', reasonCode: 0x98 }])
    expect(messages.map(({ topic }) => topic)).toContain('a/will')
    expect(logged('client_disconnected')).toMatchObject([{ disconnectReason: 'API_INITIATED_DISCONNECT' }])
    const { subscriptions } = await data.send(new ListSubscriptionsCommand({ clientId: 'lamp-1' }))
    expect(subscriptions).toEqual([{ topicFilter: 'a/b', qos: 1 }])
  })

  test('publishes no Will and ends the session when told so', async () => {
    const { data, connect, messages } = await setUp()
    const client = await connect({ clientId: 'lamp-1', will: WILL, properties: { sessionExpiryInterval: 600 } })

    await data.send(new DeleteConnectionCommand({ clientId: 'lamp-1', cleanSession: true, preventWillMessage: true }))

    await client.closed()
    expect(messages.map(({ topic }) => topic)).not.toContain('a/will')
    await expect(data.send(new ListSubscriptionsCommand({ clientId: 'lamp-1' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })

  test('takes ids with characters that a path does not have', async () => {
    const { data, connect } = await setUp()
    const client = await connect({ clientId: 'lamp 1/ü' })

    await data.send(new DeleteConnectionCommand({ clientId: 'lamp 1/ü' }))

    expect(await client.closed()).toHaveLength(1)
  })

  test.each([
    ['a client that is not connected', 'nobody', 'ResourceNotFoundException'],
    ['an id that begins with $', '$lamp', 'InvalidRequestException'],
    ['an id of 129 characters', 'x'.repeat(129), 'InvalidRequestException'],
  ])('refuses %s', async (_, clientId, name) => {
    const { data } = await setUp()

    await expect(data.send(new DeleteConnectionCommand({ clientId }))).rejects.toMatchObject({ name })
  })

  test('is taken once a second for each client', async () => {
    const { data, clock, connect } = await setUp()
    await connect({ clientId: 'lamp-1' })
    const deleted = () => data.send(new DeleteConnectionCommand({ clientId: 'lamp-1' }))

    await deleted()
    await expect(deleted()).rejects.toMatchObject({ name: 'ThrottlingException', $metadata: { httpStatusCode: 429 } })
    await expect(data.send(new DeleteConnectionCommand({ clientId: 'lamp-2' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    clock.advance(1_000)

    await expect(deleted()).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })
})

describe('GetConnection', () => {
  test('tells of a connected client, of its socket when asked', async () => {
    const { data, clock, connect } = await setUp()
    await connect({ clientId: 'lamp-1', keepalive: 60, properties: { sessionExpiryInterval: 600 } })
    const known = {
      clientId: 'lamp-1',
      connected: true,
      cleanSession: false,
      keepAliveDuration: 60,
      sessionExpiry: 600,
      connectedSince: clock.nowMs(),
    }

    const { $metadata: _, ...told } = await data.send(new GetConnectionCommand({ clientId: 'lamp-1' }))
    clock.advance(1_000)
    const { $metadata: __, ...withSocket } = await data.send(
      new GetConnectionCommand({ clientId: 'lamp-1', includeSocketInformation: true }),
    )

    expect(told).toEqual(known)
    expect(withSocket).toEqual({
      ...known,
      sourceIp: '192.0.2.1',
      sourcePort: 40_000,
      targetIp: '127.0.0.1',
      targetPort: 8_883,
    })
  })

  test('tells for half an hour why and when a client went', async () => {
    const { data, clock, connect } = await setUp()
    const client = await connect({ clientId: 'lamp-1' })
    client.send({ cmd: 'disconnect', reasonCode: 0 })
    await client.closed()
    const goneAtMs = clock.nowMs()
    const get = () => data.send(new GetConnectionCommand({ clientId: 'lamp-1' }))

    const told = await get()
    clock.advance(30 * 60 * 1_000)

    expect(told).toMatchObject({
      connected: false,
      cleanSession: true,
      disconnectedSince: goneAtMs,
      disconnectReason: 'CLIENT_INITIATED_DISCONNECT',
    })
    await expect(get()).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  test('tells nothing of a client that never came', async () => {
    const { data } = await setUp()

    await expect(data.send(new GetConnectionCommand({ clientId: 'lamp-1' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      $metadata: { httpStatusCode: 404 },
    })
  })
})

describe('ListSubscriptions', () => {
  test('goes through the subscriptions in pages', async () => {
    const { data, connect } = await setUp()
    const client = await connect({ clientId: 'lamp-1' })
    const filters = Array.from({ length: 25 }, (_, index) => `a/${String(index).padStart(2, '0')}`)
    for (const filter of filters) await client.subscribe(filter)
    const list = (input: { nextToken?: string | undefined; maxResults?: number }) =>
      data.send(new ListSubscriptionsCommand({ clientId: 'lamp-1', ...input }))

    const first = await list({})
    const second = await list({ nextToken: first.nextToken })
    const small = await list({ maxResults: 2 })

    expect([...(first.subscriptions ?? []), ...(second.subscriptions ?? [])].map((one) => one.topicFilter)).toEqual(
      filters,
    )
    expect(first.subscriptions).toHaveLength(20)
    expect(second.nextToken).toBeUndefined()
    expect(small.subscriptions?.map((one) => one.topicFilter)).toEqual(['a/00', 'a/01'])
  })

  test.each([
    ['a page of 201', { maxResults: 201 }],
    ['a page of none', { maxResults: 0 }],
    ['a token of its own make', { nextToken: '!' }],
  ])('refuses %s', async (_, input) => {
    const { data, connect } = await setUp()
    await connect({ clientId: 'lamp-1' })

    await expect(data.send(new ListSubscriptionsCommand({ clientId: 'lamp-1', ...input }))).rejects.toMatchObject({
      name: 'InvalidRequestException',
    })
  })
})

test.each([
  ['DeleteConnection', new DeleteConnectionCommand({ clientId: 'lamp-1' })],
  ['GetConnection', new GetConnectionCommand({ clientId: 'lamp-1' })],
  ['ListSubscriptions', new ListSubscriptionsCommand({ clientId: 'lamp-1' })],
] as const)('a role needs iot:%s for the client', async (name, command) => {
  const granted = { Effect: 'Allow', Action: `iot:${name}`, Resource: `${ARN_PREFIX}:client/lamp-1` }
  const denied = await setUp()
  await denied.connect({ clientId: 'lamp-1' })
  const allowed = await setUp({ statements: [granted] })
  await allowed.connect({ clientId: 'lamp-1' })

  await expect(denied.roleData.send(command as GetConnectionCommand)).rejects.toMatchObject({
    name: 'ForbiddenException',
    message: expect.stringContaining(`iot:${name} on resource: ${ARN_PREFIX}:client/lamp-1`),
  })
  await expect(allowed.roleData.send(command as GetConnectionCommand)).resolves.toBeDefined()
})

test('what the runtime does not know is refused by name', async () => {
  const { data } = await setUp()

  await expect(data.send(new ListNamedShadowsForThingCommand({ thingName: 'lamp-1' }))).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: 'the local runtime has no data-plane operation GET /api/things/shadow/ListNamedShadowsForThing/lamp-1',
  })
})
