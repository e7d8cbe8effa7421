import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { POLICY_LIMITS } from '#contract/index.ts'
import { PREVIOUS_KEY, signToken } from '../../fixtures/tokens.ts'
import {
  allows,
  CLAIMS,
  CLIENT,
  connect,
  HEADER,
  honest,
  NOW,
  RECORD,
  REFUSED,
  SERVER_NAME,
  type Setup,
  setUp,
} from './set-up.ts'

const DOCUMENTED: unknown = JSON.parse(
  readFileSync(new URL('../../fixtures/authorizer-event.json', import.meta.url), 'utf8'),
)

describe('an accepted connection', () => {
  test('is answered with the documented fields', async () => {
    const { authorize, observer } = setUp()
    const answer = await authorize(connect(honest()))

    expect(Object.keys(answer).sort()).toEqual([
      'disconnectAfterInSeconds',
      'isAuthenticated',
      'policyDocuments',
      'principalId',
      'refreshAfterInSeconds',
    ])
    expect(answer.isAuthenticated).toBe(true)
    expect(answer.principalId).toMatch(/^[a-zA-Z0-9]{1,128}$/)
    expect(answer.policyDocuments.length).toBeLessThanOrEqual(POLICY_LIMITS.documents)
    for (const document of answer.policyDocuments) {
      expect(JSON.stringify(document).length).toBeLessThanOrEqual(POLICY_LIMITS.charactersPerDocument)
    }
    expect(observer.lines).toEqual([
      {
        level: 'info',
        event: 'connection_accepted',
        fields: {
          client_id: CLIENT,
          connection_id: 'connection-1',
          action: 'connect',
          decision: 'allowed',
          signer: 'issuer',
          role: 'agent',
          publish_topics: expect.any(Number),
          receive_topics: expect.any(Number),
          granted: { count: 1, first: ['jamey/#'] },
          cut: { count: 0, first: [] },
          seconds: 300,
        },
      },
    ])
    expect(observer.counts).toEqual({ ConnectionsAccepted: 1 })
  })

  test.each([
    [
      'a role without it',
      ['jamey/events/#'],
      { granted: ['pub:jamey/events/status'], cut: ['retain:jamey/events/status'] },
    ],
    [
      'a role with it',
      ['jamey/events/#', 'retain:jamey/events/status'],
      { granted: ['pub:jamey/events/status', 'retain:jamey/events/status'], cut: [] },
    ],
  ])('tells in the log what became of the right to RETAIN under %s', async (_, permissions, { granted, cut }) => {
    const { observer, authorize } = setUp({ roles: { agent: { description: '', permissions } } })
    const asked = ['pub:jamey/events/status', 'retain:jamey/events/status']
    await authorize(connect(honest({ permissions: asked })))

    expect(observer.lines[0]?.fields).toMatchObject({
      granted: { count: granted.length, first: granted },
      cut: { count: cut.length, first: cut },
    })
  })

  test('comes of the documented event once its password is a token', async () => {
    const event = structuredClone(DOCUMENTED) as ReturnType<typeof connect>
    expect(await setUp().authorize(event)).toEqual(REFUSED)
    event.protocolData.mqtt.password = Buffer.from(honest()).toString('base64')
    expect((await setUp().authorize(event)).isAuthenticated).toBe(true)
  })

  test.each([
    ['a client id of punctuation', ':_-:_-'],
    ['the longest client id', 'x'.repeat(128)],
  ])('has an alphanumeric principal for %s', async (_, clientId) => {
    const answer = await setUp().authorize(connect(honest({ sub: clientId }), { clientId }))
    expect(answer.principalId).toMatch(/^[a-zA-Z0-9]{64}$/)
  })

  test('two clients have two principals, one client always the same', async () => {
    const principal = async (clientId: string) =>
      (await setUp().authorize(connect(honest({ sub: clientId }), { clientId }))).principalId
    expect(await principal('a')).toBe(await principal('a'))
    expect(await principal('a')).not.toBe(await principal('A'))
  })

  test.each([
    [NOW + 1, 300],
    [NOW - 4, 300],
    [NOW + 300, 300],
    [NOW + 301, 301],
    [NOW + 86_390, 86_390],
    [NOW + 90_000, 86_400],
  ])('of a token until %d lasts %d s', async (exp, seconds) => {
    const { authorize } = setUp({ maxLifetimeSeconds: 100_000 })
    const answer = await authorize(connect(honest({ exp })))
    expect(answer).toMatchObject({ disconnectAfterInSeconds: seconds, refreshAfterInSeconds: seconds })
  })

  test.each([
    ['the current key by its id', signToken(HEADER, CLAIMS)],
    [
      'the previous key by its id',
      signToken({ ...HEADER, kid: PREVIOUS_KEY.kid }, CLAIMS, { secret: PREVIOUS_KEY.secret }),
    ],
    ['the current key without id', signToken({ alg: 'HS256' }, CLAIMS)],
    ['a clock 5 s ahead', honest({ iat: NOW + 5, exp: NOW + 100 })],
    ['an expiry less than 5 s ago', honest({ iat: NOW - 100, exp: NOW - 4 })],
    ['the whole lifetime', honest({ iat: NOW, exp: NOW + 300 })],
    ['further claims', honest({ iss: 'x', aud: ['y'], jti: 'z' })],
  ])('takes %s', async (_, token) => {
    expect((await setUp().authorize(connect(token))).isAuthenticated).toBe(true)
  })

  test('takes the server name in any case', async () => {
    expect(
      (await setUp().authorize(connect(honest(), {}, { serverName: SERVER_NAME.toUpperCase() }))).isAuthenticated,
    ).toBe(true)
  })

  test('takes a token issued in the very second from which tokens are taken', async () => {
    const { authorize } = setUp({ record: { ...RECORD, not_before_seconds: CLAIMS.iat } })
    expect((await authorize(connect(honest()))).isAuthenticated).toBe(true)
  })
})

describe('the policy documents of an accepted connection', () => {
  const accepted = async (permissions: string[], setup: Setup = {}) =>
    setUp(setup).authorize(connect(honest({ permissions })))

  test('with jamey/memory/# allow the memory topics and nothing beside', async () => {
    const answer = await accepted(['jamey/memory/#'])

    expect(allows(answer, 'Connect', `client/${CLIENT}`)).toBe(true)
    expect(allows(answer, 'Publish', 'topic/jamey/memory/store')).toBe(true)
    expect(allows(answer, 'Subscribe', 'topicfilter/jamey/memory/#')).toBe(true)
    expect(allows(answer, 'Receive', 'topic/jamey/memory/updates')).toBe(true)
    expect(allows(answer, 'Publish', 'topic/jamey/conscience/evaluate')).toBe(false)
    expect(allows(answer, 'Subscribe', 'topicfilter/jamey/#')).toBe(false)
    expect(allows(answer, 'Publish', 'topic/jamey/memory/updates')).toBe(false)
    expect(allows(answer, 'Receive', `topic/jamey/responses/${CLIENT}`)).toBe(false)
  })

  test('with jamey/# never let a device write where the cloud answers, nor read the replies of another', async () => {
    const answer = await accepted(['#', 'jamey/#'])

    expect(allows(answer, 'Subscribe', 'topicfilter/jamey/#')).toBe(true)
    expect(allows(answer, 'Receive', `topic/jamey/responses/${CLIENT}`)).toBe(true)
    expect(allows(answer, 'Receive', 'topic/jamey/responses/you')).toBe(false)
    expect(allows(answer, 'Publish', `topic/jamey/responses/${CLIENT}`)).toBe(false)
    expect(allows(answer, 'Publish', 'topic/jamey/conscience/results')).toBe(false)
    expect(allows(answer, 'Connect', 'client/you')).toBe(false)
    expect(allows(answer, 'Subscribe', 'topicfilter/#')).toBe(false)
    expect(allows(answer, 'Receive', 'topic/$aws/things/x')).toBe(false)
  })

  test('name the organization of the record, whatever the token asks for', async () => {
    const answer = await accepted(['org/#'])

    expect(allows(answer, 'Publish', 'topic/org/acme/device/Instance-1/response')).toBe(true)
    expect(allows(answer, 'Publish', 'topic/org/globex/device/Instance-1/response')).toBe(false)
    expect(allows(answer, 'Publish', 'topic/org/acme/device/Instance-2/response')).toBe(false)
  })

  test('follow the role where the token asks for more', async () => {
    const answer = await accepted(['#'], { record: { ...RECORD, role: 'observer' } })

    expect(allows(answer, 'Receive', 'topic/jamey/events/status')).toBe(true)
    expect(allows(answer, 'Publish', 'topic/jamey/events/status')).toBe(false)
    expect(allows(answer, 'Publish', 'topic/jamey/memory/store')).toBe(false)
  })
})
