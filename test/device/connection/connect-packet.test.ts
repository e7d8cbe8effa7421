import { describe, expect, test } from 'vitest'
import { connect, jamey } from '#device/index.ts'
import { createDeviceBench, untilState } from '../harness/device-bench.ts'
import { createPacketServer } from '../harness/packet-server.ts'

const status = { status: 'offline' as const, message: 'gone', component: 'test' }

describe('CONNECT says', () => {
  test('MQTT 5, the client id also as user name, the token as password, a kept session, and the limits of the service', async () => {
    await using server = await createPacketServer()

    await using _ = await connect(jamey, { url: server.url, clientId: 'device-1', token: 'token-1' })

    expect(server.received('connect')).toMatchObject([
      {
        protocolVersion: 5,
        clientId: 'device-1',
        username: 'device-1',
        password: Buffer.from('token-1'),
        clean: false,
        keepalive: 60,
        properties: { sessionExpiryInterval: 3_600, receiveMaximum: 100 },
      },
    ])
    expect(Object.keys(server.received('connect')[0]?.properties ?? {})).toEqual([
      'sessionExpiryInterval',
      'receiveMaximum',
    ])
  })

  test('what the options say', async () => {
    await using server = await createPacketServer()

    await using _ = await connect(jamey, {
      url: server.url,
      clientId: 'device-1',
      username: 'me?x=1',
      customAuthorizerName: 'my authorizer',
      keepAliveSeconds: 33,
      sessionExpirySeconds: 77,
      receiveMaximum: 5,
      maxPacketBytes: 4_096,
      topicAliasMaximum: 3,
      will: { topic: 'events/status', payload: status, qos: 0, retain: true, delaySeconds: 9, expirySeconds: 60 },
    })

    const [connectPacket] = server.received('connect')
    expect(connectPacket).toMatchObject({
      username: 'me?x=1&x-amz-customauthorizer-name=my%20authorizer',
      keepalive: 33,
      properties: { sessionExpiryInterval: 77, receiveMaximum: 5, maximumPacketSize: 4_096, topicAliasMaximum: 3 },
      will: {
        topic: 'jamey/events/status',
        qos: 0,
        retain: true,
        properties: { willDelayInterval: 9, messageExpiryInterval: 60 },
      },
    })
    expect(connectPacket).not.toHaveProperty('password')
    expect(JSON.parse(String(connectPacket?.will?.payload))).toMatchObject({
      topic: 'jamey/events/status',
      payload: status,
    })
  })

  test('the authorizer after a plain user name behind a question mark', async () => {
    await using server = await createPacketServer()

    await using _ = await connect(jamey, { url: server.url, clientId: 'device-1', customAuthorizerName: 'jwt' })

    expect(server.received('connect')[0]?.username).toBe('device-1?x-amz-customauthorizer-name=jwt')
  })

  test('MQTT 3.1.1 by choice, without anything of MQTT 5', async () => {
    await using server = await createPacketServer()

    await using bridge = await connect(jamey, {
      url: server.url,
      clientId: 'device-1',
      protocolVersion: 4,
      will: { topic: 'events/status', payload: status },
    })
    await bridge.publish('events/status', status, { contentType: 'text/plain', correlationData: 'x' })

    expect(server.received('connect')).toMatchObject([{ protocolVersion: 4, clean: false, will: { qos: 1 } }])
    expect(server.received('connect')[0]).not.toHaveProperty('properties')
    expect(server.received('publish')[0]).not.toHaveProperty('properties')
  })

  test.each([
    [5, [true, false]],
    [4, [true, true]],
  ] as const)(
    'with a clean session and version %i, clean = %j over a lost connection',
    async (protocolVersion, cleans) => {
      await using server = await createPacketServer()
      const reconnect = { minIntervalMs: 0 }
      await using bridge = await connect(jamey, {
        url: server.url,
        clientId: 'device-1',
        session: 'clean',
        protocolVersion,
        reconnect,
      })

      server.last().destroy()
      await untilState(bridge, 'reconnecting')
      await untilState(bridge, 'connected')

      expect(server.received('connect').map(({ clean }) => clean)).toEqual(cleans)
    },
  )
})

describe('DISCONNECT', () => {
  test.each([
    [{}, {}, { reasonCode: 0 }],
    [{ session: 'clean' }, {}, { reasonCode: 0, properties: { sessionExpiryInterval: 0 } }],
    [{}, { endSession: true }, { reasonCode: 0, properties: { sessionExpiryInterval: 0 } }],
    [{ session: 'clean' }, { endSession: false }, { reasonCode: 0 }],
    [{}, { publishWill: true }, { reasonCode: 4 }],
  ] as const)('of a bridge with %j closed with %j is %j', async (options, closeOptions, packet) => {
    await using server = await createPacketServer()
    const bridge = await connect(jamey, { url: server.url, clientId: 'device-1', ...options })

    await bridge.close(closeOptions)

    const [disconnect] = server.received('disconnect')
    expect(disconnect).toMatchObject(packet)
    expect(disconnect?.properties ?? {}).toEqual('properties' in packet ? packet.properties : {})
  })
})

test('the broker has the Will published when the device is cut off, and not when it closes', async () => {
  await using bench = await createDeviceBench()
  const will = { topic: 'events/status', payload: status } as const
  const cutOff = await bench.device({ clientId: 'device-1', will })
  const closed = await bench.device({ clientId: 'device-2', will })

  await closed.close()
  expect(bench.texts('jamey/events/status')).toHaveLength(0)
  bench.proxy.refuse()
  await untilState(cutOff, 'reconnecting')

  await expect.poll(() => bench.texts('jamey/events/status')).toHaveLength(1)
})
