import type { IAuthPacket } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { type AuthenticationMethod, connect, jamey } from '#device/index.ts'
import { untilEvent, untilState } from '../harness/device-bench.ts'
import { createPacketServer, type React } from '../harness/packet-server.ts'

/** A made-up method: the broker sends a number, and the device must answer with its token and that number. */
const method: AuthenticationMethod = {
  name: 'COUNT-1',
  start: (token) => new TextEncoder().encode(`start ${token}`),
  respond: async (challenge, token) => new TextEncoder().encode(`${token} ${new TextDecoder().decode(challenge)}`),
}

const auth = (reasonCode: number, data?: string): IAuthPacket => ({
  cmd: 'auth',
  reasonCode,
  properties: { authenticationMethod: 'COUNT-1', ...(data && { authenticationData: Buffer.from(data) }) },
})

/** Asks once, takes the right answer, and takes renewals as long as `renews`. */
function createAuthServer({ renews = true } = {}) {
  const seen: string[] = []
  let isConnected = false
  let isRenewing = false
  const react: React = (packet) => {
    if (packet.cmd === 'connect') {
      isConnected = false
      seen.push(`connect ${packet.properties?.authenticationMethod} ${packet.properties?.authenticationData}`)
      return auth(0x18, '7')
    }
    if (packet.cmd !== 'auth') return undefined
    const data = String(packet.properties?.authenticationData)
    seen.push(`auth 0x${packet.reasonCode.toString(16)} ${data}`)
    if (packet.reasonCode === 0x19) {
      isRenewing = true
      return renews ? auth(0x18, '8') : [{ cmd: 'disconnect', reasonCode: 0x8c }]
    }
    if (isRenewing && isConnected) return auth(0)
    isConnected = true
    return data.endsWith(' 7')
      ? { cmd: 'connack', reasonCode: 0, sessionPresent: false }
      : { cmd: 'connack', reasonCode: 0x87, sessionPresent: false }
  }
  return { seen, open: () => createPacketServer(react) }
}

describe('enhanced authentication', () => {
  test('answers the broker before it takes the connection', async () => {
    const { seen, open } = createAuthServer()
    await using server = await open()

    await using bridge = await connect(jamey, {
      url: server.url,
      clientId: 'd',
      token: 'secret',
      authentication: method,
    })

    expect(bridge.state.status).toBe('connected')
    expect(seen).toEqual(['connect COUNT-1 start secret', 'auth 0x18 secret 7'])
  })

  test('renews a token on the live connection', async () => {
    const { seen, open } = createAuthServer()
    await using server = await open()
    let number = 0
    await using bridge = await connect(jamey, {
      url: server.url,
      clientId: 'd',
      token: () => `t${++number}`,
      authentication: method,
    })
    const renewed = untilEvent(bridge, 'renewed')

    await bridge.renew()

    expect(await renewed).toEqual({ type: 'renewed', how: 'in_place' })
    expect(seen.slice(2)).toEqual(['auth 0x19 start t2', 'auth 0x18 t2 8'])
    expect(server.connections).toBe(1)
    expect(bridge.state.status).toBe('connected')
    await bridge.publish('events/status', { status: 'online', message: '', component: 'x' })
  })

  test('falls back to a new connection when the broker does not go along', async () => {
    const { open } = createAuthServer({ renews: false })
    await using server = await open()
    await using bridge = await connect(jamey, {
      url: server.url,
      clientId: 'd',
      token: () => 't',
      authentication: method,
      reconnect: { minIntervalMs: 0 },
    })

    await bridge.renew().catch(() => {})
    await untilState(bridge, 'connected')

    expect(server.connections).toBe(2)
  })

  test('that fails on this side ends the attempt, not the process', async () => {
    const { open } = createAuthServer()
    await using server = await open()
    const broken = { ...method, respond: () => Promise.reject(new Error('no smart card')) }

    const failure = connect(jamey, { url: server.url, clientId: 'd', authentication: broken })

    await expect(failure).rejects.toMatchObject({
      code: 'protocol_error',
      message: expect.stringContaining('no smart card'),
    })
  })

  test('is of MQTT 5', async () => {
    const failure = connect(jamey, {
      url: 'mqtt://localhost',
      clientId: 'd',
      protocolVersion: 4,
      authentication: method,
    })

    await expect(failure).rejects.toMatchObject({ code: 'configuration_invalid' })
  })
})
