import { describe, expect, test } from 'vitest'
import type { Message, SessionStore, StoredSession } from '#local/broker/index.ts'

type StoreUnderTest = {
  store: SessionStore
  /** The same data as another process would find them. */
  reopen(): SessionStore
}

const SESSION: StoredSession = { clientId: 'one', protocolVersion: 5, expirySeconds: 600 }

function message(text: string, fields: Partial<Message> = {}): Message {
  return {
    topic: 'a/b',
    payload: Buffer.from(text),
    qos: 1,
    properties: {},
    receivedAtMs: 1_700_000_000_000,
    ...fields,
  }
}

const RICH = message('', {
  topic: 'ä/日本',
  payload: Buffer.from([0, 255, 128]),
  properties: {
    responseTopic: 'r',
    correlationData: Buffer.from([0, 200, 10]),
    contentType: 't',
    payloadFormatIndicator: false,
    messageExpiryInterval: 60,
    userProperties: [
      ['key "1"', 'x'],
      ['__proto__', ''],
      ['key "1"', 'y'],
    ],
  },
  expiresAtMs: 1_700_000_060_000,
})

/** What every session store does. `create` gives an empty one. */
export function testSessionStore({ name, create }: { name: string; create: () => StoreUnderTest }): void {
  describe(`session store ${name}`, () => {
    test('keeps sessions, and replaces a record without touching what belongs to it', () => {
      const { store, reopen } = create()
      store.saveSession(SESSION)
      store.saveSession({ clientId: 'two', protocolVersion: 4, expirySeconds: 3_600, disconnectedAtMs: 5 })
      store.saveSubscriptions('one', [{ filter: 'a/+', qos: 1, noLocal: false }])
      const [position] = store.enqueue(['one'], message('x'), false)
      store.saveSession({ ...SESSION, expirySeconds: 60, disconnectedAtMs: 7 })

      expect(reopen().sessions()).toEqual([
        {
          ...SESSION,
          expirySeconds: 60,
          disconnectedAtMs: 7,
          subscriptions: [{ filter: 'a/+', qos: 1, noLocal: false }],
          queue: [{ position, message: message('x'), retain: false }],
        },
        {
          clientId: 'two',
          protocolVersion: 4,
          expirySeconds: 3_600,
          disconnectedAtMs: 5,
          subscriptions: [],
          queue: [],
        },
      ])
    })

    test('forgets the time of disconnection when the client is back', () => {
      const { store, reopen } = create()
      store.saveSession({ ...SESSION, disconnectedAtMs: 7 })
      store.saveSession(SESSION)

      expect(reopen().sessions()).toEqual([{ ...SESSION, subscriptions: [], queue: [] }])
    })

    test('deletes a session with all that belongs to it, and only that', () => {
      const { store, reopen } = create()
      store.saveSession(SESSION)
      store.saveSession({ ...SESSION, clientId: 'two' })
      store.saveSubscriptions('one', [{ filter: 'a', qos: 1, noLocal: false }])
      store.enqueue(['one', 'two'], message('x'), false)
      store.deleteSession('one')
      store.deleteSession('unknown')
      store.saveSession(SESSION)

      const sessions = new Map(
        reopen()
          .sessions()
          .map((session) => [session.clientId, session]),
      )
      expect(sessions.get('one')).toMatchObject({ subscriptions: [], queue: [] })
      expect(sessions.get('two')).toMatchObject({ queue: [{ message: message('x') }] })
    })

    test('adds, replaces and deletes subscriptions', () => {
      const { store, reopen } = create()
      store.saveSession(SESSION)
      store.saveSubscriptions('one', [
        { filter: 'a', qos: 0, noLocal: false },
        { filter: 'b', qos: 1, noLocal: false },
      ])
      store.saveSubscriptions('one', [{ filter: 'a', qos: 1, noLocal: true }])
      store.deleteSubscriptions('one', ['b', 'unknown'])

      expect(reopen().sessions()).toMatchObject([{ subscriptions: [{ filter: 'a', qos: 1, noLocal: true }] }])
    })

    test('keeps a queue in order, each message with its own position', () => {
      const { store, reopen } = create()
      store.saveSession(SESSION)
      store.saveSession({ ...SESSION, clientId: 'two' })
      const [first = 0] = store.enqueue(['one', 'two'], message('1'), false)
      store.enqueue(['two'], message('2'), false)
      store.enqueue(['one'], message('3'), true)
      store.dequeue(first)
      store.dequeue(first)
      store.enqueue(['one'], message('4'), false)

      const queues = new Map(
        reopen()
          .sessions()
          .map(({ clientId, queue }) => [clientId, queue]),
      )
      expect(queues.get('one')).toMatchObject([
        { message: message('3'), retain: true },
        { message: message('4'), retain: false },
      ])
      expect(queues.get('two')).toMatchObject([{ message: message('1') }, { message: message('2') }])
      const positions = [...queues.values()].flat().map(({ position }) => position)
      expect(new Set([...positions, first]).size).toBe(5)
    })

    test('queues a message to all sessions or to none', () => {
      const { store, reopen } = create()
      store.saveSession(SESSION)

      expect(() => store.enqueue(['one', 'unknown'], message('x'), false)).toThrow(
        'no stored session of client unknown',
      )
      expect(() => store.enqueue(['unknown'], message('x'), false)).toThrow('no stored session of client unknown')
      expect(reopen().sessions()).toMatchObject([{ queue: [] }])
    })

    test.each([
      ['all properties', RICH],
      ['an empty payload', message('')],
    ])('keeps a message with %s as it is', (_, kept) => {
      const { store, reopen } = create()
      store.saveSession(SESSION)
      store.enqueue(['one'], kept, false)
      store.saveRetained({ ...kept, qos: 0 })

      expect(reopen().sessions()).toMatchObject([{ queue: [{ message: kept }] }])
      expect(reopen().retained()).toEqual([{ ...kept, qos: 0 }])
    })

    test('keeps the queues of shared subscriptions apart, in order', () => {
      const { store, reopen } = create()
      const first = store.enqueueShared('$share/g/a', message('1'))
      store.enqueueShared('$share/h/a', RICH)
      const third = store.enqueueShared('$share/g/a', message('3'))
      expect(reopen().sharedQueues()).toEqual([
        {
          group: '$share/g/a',
          queue: [
            { position: first, message: message('1'), retain: false },
            { position: third, message: message('3'), retain: false },
          ],
        },
        { group: '$share/h/a', queue: [{ position: expect.any(Number), message: RICH, retain: false }] },
      ])
      store.dequeueShared(first)
      store.dequeueShared(first)
      store.deleteSharedQueue('$share/h/a')
      store.deleteSharedQueue('$share/unknown/a')
      expect(store.enqueueShared('$share/g/a', message('4'))).toBeGreaterThan(third)

      expect(reopen().sharedQueues()).toMatchObject([
        { group: '$share/g/a', queue: [{ message: message('3') }, { message: message('4') }] },
      ])
    })

    test('keeps one retained message for each topic', () => {
      const { store, reopen } = create()
      store.saveRetained(message('old'))
      store.saveRetained(message('new'))
      store.saveRetained(message('other', { topic: 'c' }))
      store.deleteRetained('c')
      store.deleteRetained('unknown')

      expect(reopen().retained()).toEqual([message('new')])
    })
  })
}
