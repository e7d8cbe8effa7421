import { describe, expect, test } from 'vitest'
import { allows, CLIENT, connect, honest, REFUSED, SERVER_NAME, setUp } from './set-up.ts'

/** A publish by HTTPS, as the service tells the authorizer of it. */
function publish(headers: Record<string, string>, more: Record<string, unknown> = {}) {
  return {
    protocols: ['tls', 'http'],
    signatureVerified: false,
    protocolData: { tls: { serverName: SERVER_NAME }, http: { headers, queryString: '' } },
    connectionMetadata: { id: 'request-1' },
    ...more,
  }
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const WIDE = { permissions: ['jamey/#'] }

describe('publishing by HTTPS', () => {
  test('gives what devices tell one another, and no request: nobody is there to be answered', async () => {
    const { authorize, observer } = setUp()

    const answer = await authorize(publish(bearer(honest(WIDE))))

    expect(answer.isAuthenticated).toBe(true)
    expect(allows(answer, 'Publish', 'topic/jamey/events/status')).toBe(true)
    for (const topic of ['conscience/evaluate', 'memory/store', 'api/requests', 'memory/updates']) {
      expect(allows(answer, 'Publish', `topic/jamey/${topic}`), topic).toBe(false)
    }
    for (const [action, resource] of [
      ['Receive', 'topic/jamey/events/status'],
      ['Subscribe', 'topicfilter/jamey/events/status'],
    ] as const) {
      expect(allows(answer, action, resource), action).toBe(false)
    }
    expect(observer.lines[0]).toMatchObject({
      event: 'connection_accepted',
      fields: { client_id: CLIENT, action: 'publish', decision: 'allowed' },
    })
  })

  test('takes the token that the gateway has verified', async () => {
    const { authorize } = setUp()

    const answer = await authorize(publish({}, { token: honest(WIDE), signatureVerified: true }))

    expect(answer.isAuthenticated).toBe(true)
  })

  test.each(['Authorization', 'AUTHORIZATION'])('finds the token under %s', async (name) => {
    const { authorize } = setUp()

    expect((await authorize(publish({ [name]: `Bearer ${honest(WIDE)}` }))).isAuthenticated).toBe(true)
  })

  test.each([
    ['no token', publish({}), 'token_missing'],
    ['two headers', publish({ ...bearer(honest(WIDE)), Authorization: 'Bearer other' }), 'token_missing'],
    ['another scheme', publish({ authorization: 'Basic YTpi' }), 'token_missing'],
    ['what is no token', publish(bearer('abc')), 'token_malformed'],
    ['a payload that is no JSON', publish(bearer('e30.abc.def')), 'token_malformed'],
    ['no subject', publish(bearer(honest({ sub: undefined }))), 'token_malformed'],
    ['a subject with a slash', publish(bearer(honest({ sub: 'a/b' }))), 'client_id_invalid'],
    ['a token too long', publish(bearer('a'.repeat(6_145))), 'token_too_large'],
    ['a changed signature', publish(bearer(`${honest().slice(0, -4)}AAAA`)), 'token_signature_invalid'],
    ['a token that the gateway has not verified', publish({}, { token: honest() }), 'token_missing'],
    ['requests alone', publish(bearer(honest({ permissions: ['jamey/memory/#'] }))), 'rights_empty'],
  ])('is refused with %s', async (_, event, code) => {
    const { authorize, observer } = setUp()

    expect(await authorize(event)).toEqual(REFUSED)
    expect(observer.lines[0]).toMatchObject({ event: 'connection_refused', fields: { code } })
    expect(JSON.stringify(observer.lines)).not.toContain('eyJ')
  })
})

test('a WebSocket may bring the token in its header, and has all rights of the token', async () => {
  const { authorize } = setUp()
  const event = connect(undefined)

  const answer = await authorize({
    ...event,
    protocols: ['tls', 'http', 'mqtt'],
    protocolData: { ...event.protocolData, http: { headers: bearer(honest(WIDE)), queryString: '' } },
  })

  expect(allows(answer, 'Publish', 'topic/jamey/memory/store')).toBe(true)
})
