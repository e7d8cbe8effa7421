import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { generate, parser } from 'mqtt-packet'
import { expect, onTestFinished, test } from 'vitest'
import { openSession } from '../../cli/mqtt-session.ts'
import type { Target } from '../../cli/target.ts'

const ALLOWED = { protocolVersion: 5 } as const

/** A broker that takes a connection and then ends it when it gets the given packet. */
async function brokerThatEndsOn(command: 'publish' | 'subscribe'): Promise<Target> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    const packets = parser(ALLOWED)
    packets.on('packet', ({ cmd }) => {
      if (cmd === 'connect') socket.write(generate({ cmd: 'connack', reasonCode: 0, sessionPresent: false }, ALLOWED))
      if (cmd === command) socket.end(generate({ cmd: 'disconnect', reasonCode: 0x87 }, ALLOWED))
    })
    socket.on('data', (chunk) => packets.parse(chunk))
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    stage: 'dev',
    root: 'jamey',
    mqtt: async () => ({ url: `mqtt://127.0.0.1:${port}`, ca: undefined, alpn: undefined }),
    issuerKey: () => Promise.reject(new Error('not needed')),
    describeDomain: async () => undefined,
  }
}

test('a publish whose connection ends before it is acknowledged fails as connection_lost', async () => {
  const session = await openSession(await brokerThatEndsOn('publish'), { clientId: 'me', token: 'a-token' })

  await expect(session.publish('jamey/events/status', '{}', 1)).rejects.toMatchObject({
    code: 'connection_lost',
    message: 'the broker ended the connection of "me" (reason code 0x87)',
  })
})

test('a subscribe whose connection ends is not told as a denied one', async () => {
  const session = await openSession(await brokerThatEndsOn('subscribe'), { clientId: 'me', token: 'a-token' })

  await expect(session.subscribe('jamey/#', () => {})).rejects.toMatchObject({ code: 'connection_lost' })
})
