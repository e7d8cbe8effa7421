import { describe, expect, test } from 'vitest'
import type { ConnectAnswer } from '#local/broker/index.ts'
import { createTestBroker } from './test-broker.ts'
import { createWireClient } from './wire-client.ts'

type Rights = Set<string>

/** A broker whose authenticator gives the answers one after the other, and whose rights are lists of `action name`. */
function setUp(...answers: (Partial<Extract<ConnectAnswer<Rights>, { ok: true }>> | Error | string)[]) {
  const asked: string[] = []
  const t = createTestBroker({
    async authenticate({ clientId, password }) {
      asked.push(`${clientId} ${password}`)
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (answer instanceof Error) throw answer
      if (typeof answer === 'string') return { ok: false, reason: answer }
      const rights = new Set(['connect one', 'publish a/will'])
      const given = { principalId: 'p', disconnectAfterSeconds: 1_000, refreshAfterSeconds: 300, ...answer }
      return { ok: true, session: rights as unknown as string, ...(given as object) } as ConnectAnswer<string> & {
        ok: true
      }
    },
    authorize({ action, name, authorization }) {
      return { allowed: (authorization as unknown as Rights).has(`${action} ${name}`), reason: `test: ${action}` }
    },
  })
  const client = createWireClient(t.broker)
  const connect = () =>
    client.connect({ clientId: 'one', username: 'one', password: Buffer.from('secret'), will: WILL, keepalive: 1_200 })
  /** The reason code of a publish to this topic. */
  async function publish(topic: string) {
    client.send({ cmd: 'publish', topic, payload: 'x', qos: 1, messageId: 7, dup: false, retain: false })
    return (await client.next('puback')).reasonCode ?? 0
  }
  return { ...t, asked, client, connect, publish }
}

const WILL = { topic: 'a/will', payload: Buffer.from('gone'), qos: 0 as const, retain: false }
const rights = (...list: string[]) => new Set(['connect one', 'publish a/will', ...list]) as unknown as Rights

describe('at the end of an authorization', () => {
  test('the connection ends, the Will is sent, and the reason is told', async () => {
    await using t = setUp({ disconnectAfterSeconds: 300 })
    await t.connect()

    t.clock.advance(299_999)
    expect(t.logged('client_disconnected')).toEqual([])
    t.clock.advance(1)

    expect(await t.client.closed()).toMatchObject([{ cmd: 'disconnect', reasonCode: 0x87 }])
    expect(t.logged('client_disconnected')).toMatchObject([{ disconnectReason: 'CUSTOMAUTH_TTL_EXPIRATION' }])
    expect(t.messages.map(({ topic }) => topic)).toContain('a/will')
  })

  test('no refresh puts it off', async () => {
    await using t = setUp(
      { disconnectAfterSeconds: 1_000, refreshAfterSeconds: 300 },
      { disconnectAfterSeconds: 80_000 },
    )
    await t.connect()
    for (const _ of [1, 2, 3]) {
      t.clock.advance(300_000)
      await t.client.settled()
    }

    t.clock.advance(100_000)

    await t.client.closed()
    expect(t.asked).toHaveLength(4)
    expect(t.logged('client_disconnected')).toMatchObject([{ disconnectReason: 'CUSTOMAUTH_TTL_EXPIRATION' }])
  })
})

describe('a refresh', () => {
  test('asks again with what the client sent, and its answer holds', async () => {
    await using t = setUp({ session: rights('publish a') }, { session: rights('publish b') })
    await t.connect()
    const before = [await t.publish('a'), await t.publish('b')]

    t.clock.advance(300_000)
    await t.client.settled()

    expect(t.asked).toEqual(['one secret', 'one secret'])
    expect([before, await t.publish('a'), await t.publish('b')]).toEqual([[0, 0x87], 0x87, 0])
  })

  test.each<[string, Parameters<typeof setUp>[1], string]>([
    ['is refused', 'revoked', 'revoked'],
    ['fails', new Error('no answer'), 'the authentication failed: no answer'],
    ['gives another principal', { principalId: 'q' }, 'the principal became q'],
    ['takes the right to connect away', { session: new Set() as unknown as Rights }, 'test: connect'],
  ])('that %s ends the connection with its Will', async (_, second, reason) => {
    await using t = setUp({}, second)
    await t.connect()

    t.clock.advance(300_000)

    expect(await t.client.closed()).toMatchObject([{ cmd: 'disconnect', reasonCode: 0x87 }])
    expect(t.logged('denied')).toMatchObject([{ action: 'connect', reason }])
    expect(t.logged('client_disconnected')).toMatchObject([{ disconnectReason: 'AUTH_ERROR' }])
    expect(t.messages.map(({ topic }) => topic)).toContain('a/will')
  })

  test('is not made for a connection that has ended', async () => {
    await using t = setUp({})
    await t.connect()
    t.client.send({ cmd: 'disconnect', reasonCode: 0 })
    await t.client.closed()

    t.clock.advance(300_000)

    expect(t.asked).toHaveLength(1)
  })

  test('is not made when the authorization ends by then', async () => {
    await using t = setUp({ disconnectAfterSeconds: 300, refreshAfterSeconds: 300 })
    await t.connect()

    t.clock.advance(300_000)
    await t.client.closed()

    expect(t.asked).toHaveLength(1)
  })
})
