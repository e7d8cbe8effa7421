import { expect, test } from 'vitest'
import { commandErrorOf, connectDevice } from '../../cli/device-connection.ts'
import { textContract } from '../../cli/text-contract.ts'
import { createPacketServer, type React } from '../device/harness/packet-server.ts'

const TOPIC = 'jamey/events/status'
const OPTIONS = { clientId: 'me', state: '/there/is/none' }

async function brokerThat(react: React) {
  const server = await createPacketServer(react)
  const target = {
    mqtt: async () => ({ url: server.url, ca: undefined, alpn: undefined }),
    issuerKey: async () => ({ kid: 'issuer-1', secret: 's'.repeat(32) }),
  }
  return {
    server,
    connect: () => connectDevice(textContract('jamey', [TOPIC]), target, OPTIONS),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const thrownBy = (operation: Promise<unknown>) => operation.then(() => 'nothing', commandErrorOf)

test('a refused connection is told at once, with the place that knows why', async () => {
  await using broker = await brokerThat(({ cmd }) =>
    cmd === 'connect' ? { cmd: 'connack', reasonCode: 0x87, sessionPresent: false } : undefined,
  )

  await expect(broker.connect()).rejects.toMatchObject({
    code: 'connect_failed',
    exitCode: 1,
    message: expect.stringMatching(/0x87.*the log of the authorizer .* for client "me"/),
  })
  expect(broker.server.connections).toBe(1)
})

test('nobody at the address is told at once', async () => {
  await using broker = await brokerThat(() => undefined)
  await broker.server[Symbol.asyncDispose]()

  await expect(broker.connect()).rejects.toMatchObject({
    code: 'connect_failed',
    message: expect.stringContaining('ECONNREFUSED'),
  })
})

test.each([
  ['publish', 'puback', 'publish_denied'],
  ['subscribe', 'suback', 'subscribe_denied'],
] as const)('a refused %s is told with its reason code, and who tells why', async (asked, answer, code) => {
  await using broker = await brokerThat((packet) => {
    if (packet.cmd !== asked) return undefined
    const identifier = packet.messageId === undefined ? {} : { messageId: packet.messageId }
    return answer === 'suback'
      ? { cmd: answer, granted: [0x87], ...identifier }
      : { cmd: answer, reasonCode: 0x87, ...identifier }
  })
  await using connection = await broker.connect()
  const { bridge } = connection

  const error = await thrownBy(asked === 'publish' ? bridge.publish(TOPIC, 'x') : bridge.on(TOPIC, () => {}))

  expect(error).toMatchObject({
    code,
    exitCode: 1,
    message: expect.stringMatching(/0x87.*"npx bridge explain" tells why$/),
  })
})

test('a connection that ends again and again for the same action is told as what it is', async () => {
  await using broker = await brokerThat(({ cmd }, socket) => {
    if (cmd === 'publish') socket.send({ cmd: 'disconnect', reasonCode: 0x87 })
    return cmd === 'publish' ? [] : undefined
  })
  await using connection = await broker.connect()

  expect(await thrownBy(connection.bridge.publish(TOPIC, 'x'))).toMatchObject({ code: 'publish_denied' })
  await expect(connection.lost).rejects.toMatchObject({ code: 'connection_lost' })
})

test('a connection that is lost comes back, and what was under way is done', async () => {
  let isFirst = true
  await using broker = await brokerThat(({ cmd }, socket) => {
    if (cmd !== 'publish' || !isFirst) return undefined
    isFirst = false
    socket.destroy()
    return []
  })
  await using connection = await broker.connect()

  await expect(connection.bridge.publish(TOPIC, 'x')).resolves.toMatchObject({ topic: TOPIC })
  expect(broker.server.received('publish')).toHaveLength(2)
})

test('a renewal comes with a token of its own', async () => {
  await using broker = await brokerThat(() => undefined)
  await using connection = await broker.connect()

  await connection.bridge.renew()

  const claims = broker.server
    .received('connect')
    .map(({ password }) => JSON.parse(atob(String(password).split('.')[1] ?? '')) as { sub: string })
  expect(claims).toMatchObject([{ sub: 'me' }, { sub: 'me' }])
})
