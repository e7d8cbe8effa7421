import { describe, expect, test } from 'vitest'
import { type ConnectAnswer, REASON } from '#local/broker/index.ts'
import { createTestBroker } from './test-broker.ts'
import { createWireClient } from './wire-client.ts'

describe('CONNECT', () => {
  test('announces to an MQTT 5 client what the broker can do', async () => {
    await using t = createTestBroker()
    const connack = await createWireClient(t.broker).connect({
      clientId: '',
      keepalive: 5,
      properties: { sessionExpiryInterval: 100_000 },
    })

    expect(connack).toMatchObject({ reasonCode: 0, sessionPresent: false })
    expect(connack.properties).toEqual({
      sessionExpiryInterval: 3_600,
      receiveMaximum: 100,
      maximumQoS: 1,
      retainAvailable: true,
      maximumPacketSize: 149_504,
      assignedClientIdentifier: expect.stringMatching(/^[0-9a-f-]{36}$/),
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: false,
      topicAliasMaximum: 8,
      serverKeepAlive: 30,
    })
  })

  test('accepts an MQTT 3.1.1 client', async () => {
    await using t = createTestBroker()
    const connack = await createWireClient(t.broker, 4).connect()

    expect(connack).toMatchObject({ returnCode: 0, sessionPresent: false })
  })

  test('tells the authentication who connects and from where', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker, 5, { remoteAddress: '192.0.2.7', serverName: 'iot.example' })
    await client.connect({
      username: 'name?x-amz-customauthorizer-name=a',
      password: Buffer.from('secret'),
      properties: { sessionExpiryInterval: 60 },
      will: { topic: 'w', payload: Buffer.from('gone') },
    })

    expect(t.connectRequests).toEqual([
      {
        clientId: 'one',
        username: 'name?x-amz-customauthorizer-name=a',
        password: Buffer.from('secret'),
        protocolVersion: 5,
        transport: { serverName: 'iot.example', remoteAddress: '192.0.2.7' },
        connectionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        persistent: true,
        willTopic: 'w',
      },
    ])
    expect(JSON.stringify(t.log)).not.toContain('secret')
  })

  test.each([
    ['says no', async () => ({ ok: false, reason: 'the token has expired' }) as const, 'the token has expired'],
    ['fails', () => Promise.reject(new Error('no answer')), 'the authentication failed: no answer'],
  ])(
    'is refused when the authentication %s, and the log says why',
    async (_, authenticate: () => Promise<ConnectAnswer<string>>, reason) => {
      for (const [version, code] of [
        [4, { returnCode: 5 }],
        [5, { reasonCode: REASON.notAuthorized }],
      ] as const) {
        await using t = createTestBroker({ authenticate })
        const client = createWireClient(t.broker, version)
        const connack = await client.connect()

        expect(connack).toMatchObject(code)
        expect(connack.properties?.reasonString).toBeUndefined()
        expect(await client.closed()).toEqual([])
        expect(t.logged('denied')).toEqual([
          {
            level: 'warn',
            event: 'denied',
            clientId: 'one',
            action: 'connect',
            name: 'one',
            reason,
            reasonCode: '0x87',
          },
        ])
        expect([...t.broker.connections()]).toEqual([])
      }
    },
  )

  test.each(['connect one', 'publish will/topic', 'retainPublish will/topic'])(
    'is refused when the policy denies %s',
    async (action) => {
      await using t = createTestBroker({ denied: new Set([action]) })
      const client = createWireClient(t.broker)
      const connack = await client.connect({ will: { topic: 'will/topic', payload: Buffer.from('x'), retain: true } })

      expect(connack.reasonCode).toBe(REASON.notAuthorized)
      expect(await client.closed()).toEqual([])
      expect(t.messages).toEqual([])
    },
  )

  test.each([
    ['an empty client id of MQTT 3.1.1', 4, { clientId: '' }, { returnCode: 2 }],
    ['a client id of 129 bytes (3.1.1)', 4, { clientId: 'é'.repeat(65) }, { returnCode: 2 }],
    ['a client id of 129 bytes', 5, { clientId: 'x'.repeat(129) }, { reasonCode: 0x85 }],
    ['MQTT 3.1', 4, { protocolId: 'MQIsdp', protocolVersion: 3 }, { returnCode: 1 }],
    ['enhanced authentication', 5, { properties: { authenticationMethod: 'SCRAM' } }, { reasonCode: 0x80 }],
    ['authentication data alone', 5, { properties: { authenticationData: Buffer.of(1) } }, { reasonCode: 0x82 }],
    ['a packet maximum under 512', 5, { properties: { maximumPacketSize: 511 } }, { reasonCode: 0x80 }],
    ['a receive maximum of 0', 5, { properties: { receiveMaximum: 0 } }, { reasonCode: 0x80 }],
    ['a Will of QoS 2', 5, { will: { topic: 'w', payload: Buffer.alloc(0), qos: 2 } }, { reasonCode: 0x9b }],
    ['a Will to a wildcard', 5, { will: { topic: 'w/#', payload: Buffer.alloc(0) } }, { reasonCode: 0x90 }],
    [
      'a Will with a wildcard response topic',
      5,
      { will: { topic: 'w', payload: Buffer.alloc(0), properties: { responseTopic: 'a/#' } } },
      { reasonCode: 0x90 },
    ],
    ['a Will to a reserved topic', 5, { will: { topic: '$aws/x', payload: Buffer.alloc(0) } }, { reasonCode: 0x90 }],
  ] as const)('refuses %s', async (_, version, fields, answer) => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker, version)

    expect(await client.connect(fields as object)).toMatchObject(answer)
    expect(await client.closed()).toEqual([])
    expect(t.logged('connect_refused')).toMatchObject([{ reason: expect.any(String) }])
    expect(t.connectRequests).toEqual([])
  })

  test('closes without a CONNACK when MQTT 3.1.1 has no return code for the fault', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker, 4)
    const refused = client.connect({ will: { topic: 'w', payload: Buffer.from('x'), qos: 2 } })

    await expect(refused).rejects.toThrow('end of the connection')
    expect(t.logged('connect_refused')).toMatchObject([{ reasonCode: '0x9b' }])
  })

  test('must come first', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker)
    client.send({ cmd: 'pingreq' })

    expect(await client.closed()).toEqual([])
    expect(t.logged('connect_expected')).toMatchObject([{ reason: 'the first packet is a CONNECT, got PINGREQ' }])
  })

  test('must come within ten seconds', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker)
    t.clock.advance(10_000)

    expect(await client.closed()).toEqual([])
    expect(t.logged('connect_timeout')).toHaveLength(1)
  })

  test('must come once', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker)
    await client.connect()
    client.send({ cmd: 'connect', protocolVersion: 5, clientId: 'two', clean: true, keepalive: 60 })

    expect(await client.next('disconnect')).toMatchObject({ reasonCode: REASON.protocolError })
  })

  test('holds back packets that follow at once until the CONNACK is sent', async () => {
    let admit = (_answer: ConnectAnswer<string>) => {}
    const answer = new Promise<ConnectAnswer<string>>((resolve) => {
      admit = resolve
    })
    await using t = createTestBroker({ authenticate: () => answer })
    const client = createWireClient(t.broker)
    client.send(
      { cmd: 'connect', protocolVersion: 5, clientId: 'one', clean: true, keepalive: 60 },
      { cmd: 'publish', topic: 'a', payload: 'early', qos: 1, messageId: 1, dup: false, retain: false },
    )
    await new Promise(setImmediate)
    expect(t.messages).toEqual([])
    admit({ ok: true, principalId: 'p', session: '', disconnectAfterSeconds: 300 })

    await client.next('connack')
    expect(await client.next('puback')).toMatchObject({ messageId: 1, reasonCode: 0 })
  })

  test('is forgotten when the client leaves during the authentication', async () => {
    let admit = (_answer: ConnectAnswer<string>) => {}
    const answer = new Promise<ConnectAnswer<string>>((resolve) => {
      admit = resolve
    })
    await using t = createTestBroker({ authenticate: () => answer })
    const client = createWireClient(t.broker)
    client.send({ cmd: 'connect', protocolVersion: 5, clientId: 'one', clean: true, keepalive: 60 })
    await new Promise(setImmediate)
    client.lose()
    await new Promise(setImmediate)
    admit({ ok: true, principalId: 'p', session: '', disconnectAfterSeconds: 300 })
    await answer

    expect(t.logged('client_connected')).toEqual([])
  })
})

describe('malformed input', () => {
  const connected = async (t: ReturnType<typeof createTestBroker>, version: 4 | 5) => {
    const client = createWireClient(t.broker, version)
    await client.connect()
    return client
  }

  test.each([
    ['reserved flags of a SUBSCRIBE', [0x80, 0x05, 0, 1, 0, 0, 0]],
    ['packet identifier 0', [0x82, 0x07, 0, 0, 0, 0, 1, 0x61, 0]],
    ['a topic longer than the packet', [0x30, 0x03, 0, 9, 0x61]],
    ['both QoS bits', [0x36, 0x03, 0, 1, 0x61]],
    ['an unknown property', [0x30, 0x06, 0, 1, 0x61, 2, 0x7f, 0]],
    ['a truncated property', [0x30, 0x06, 0, 1, 0x61, 2, 0x02, 0]],
    ['a property given twice', [0x30, 0x0b, 0, 1, 0x61, 6, 0x03, 0, 1, 0x62, 0x03, 0, 1, 0x63].with(1, 12).with(5, 8)],
    ['packet type 0', [0x00, 0x00]],
  ])('is answered with DISCONNECT 0x81: %s', async (_, bytes) => {
    await using t = createTestBroker()
    const client = await connected(t, 5)
    client.sendBytes(Buffer.from(bytes))

    expect(await client.next('disconnect')).toMatchObject({ reasonCode: REASON.malformedPacket })
    await client.closed()
    expect(t.logged('client_disconnected')).toMatchObject([{ disconnectReason: 'CLIENT_ERROR', reasonCode: '0x81' }])
  })

  test('closes an MQTT 3.1.1 connection', async () => {
    await using t = createTestBroker()
    const client = await connected(t, 4)
    client.sendBytes(Buffer.from([0x30, 0x03, 0, 9, 0x61]))

    expect(await client.closed()).toEqual([])
  })

  test('before the CONNECT closes and is logged', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker)
    client.sendBytes(Buffer.from([0x10, 0x02, 0, 9]))

    expect(await client.closed()).toEqual([])
    expect(t.logged('bad_packet')).toHaveLength(1)
  })

  test.each(['pubrec', 'pubcomp', 'pingresp'] as const)('includes a %s from a client', async (cmd) => {
    await using t = createTestBroker()
    const client = await connected(t, 5)
    client.send(cmd === 'pingresp' ? { cmd } : { cmd, messageId: 1, reasonCode: 0 })

    expect(await client.next('disconnect')).toMatchObject({ reasonCode: REASON.protocolError })
  })
})
