import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readTokenSigning } from '../../../../local/iot/gate/index.ts'
import { createGate, request } from './set-up.ts'

const keys = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const pem = (key: typeof keys.publicKey) => key.export({ type: 'spki', format: 'pem' }).toString()
const signature = (token: string, key = keys.privateKey) =>
  sign('RSA-SHA256', Buffer.from(token), key).toString('base64')

function createSigned() {
  const made = createGate()
  const signing = readTokenSigning('token', { first: pem(stranger.publicKey), second: pem(keys.publicKey) })
  made.registry.authorizers.set('tokens', { ...made.authorizer, tokenKeyName: 'token', signing })
  const connect = (username: string | undefined, http?: { headers: Record<string, string>; queryString: string }) => {
    const { username: _, ...rest } = request
    const transport = { ...request.transport, ...(http && { http }) }
    return made.gate.authenticate({ ...rest, transport, ...(username !== undefined && { username }) })
  }
  return { ...made, connect }
}

const query = (values: Record<string, string>) =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
const signed = (token: string, by = signature(token)) => ({ token, 'x-amz-customauthorizer-signature': by })

describe('a token with a signature of the authorizer’s key is verified before the function is asked', () => {
  test.each([
    ['in the user name', `?${query(signed('a.b.c'))}`, undefined],
    ['behind a user name', `lamp-1?${query(signed('a.b.c'))}`, undefined],
    ['in the user name as it is', `?token=a.b.c&x-amz-customauthorizer-signature=${signature('a.b.c')}`, undefined],
    ['in headers', undefined, { headers: signed('a.b.c'), queryString: '' }],
    ['in the query of a WebSocket', undefined, { headers: {}, queryString: `?${query(signed('a.b.c'))}` }],
  ])('%s', async (_, username, http) => {
    const { connect, invoked } = createSigned()

    expect(await connect(username, http)).toMatchObject({ ok: true })
    expect(invoked[0]?.event).toMatchObject({ token: 'a.b.c', signatureVerified: true })
  })
})

describe('never invokes the function:', () => {
  test.each([
    ['no token', '?x-amz-customauthorizer-signature=AAAA', 'no token under token'],
    ['no user name', undefined, 'no token under token'],
    ['no signature', '?token=a.b.c', 'the token has no signature'],
    ['the signature of another token', `?${query(signed('a.b.c', signature('a.b.d')))}`, 'fits no key'],
    [
      'a signature of another key',
      `?${query(signed('a', signature('a', generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey)))}`,
      'fits no key',
    ],
    ['a signature that is no Base64', `?${query(signed('a.b.c', '!!!'))}`, 'fits no key'],
    ['a token too long', `?${query(signed('a'.repeat(6_145)))}`, 'more than 6144 characters'],
  ])('%s', async (_, username, reason) => {
    const { connect, invoked } = createSigned()

    expect(await connect(username)).toEqual({ ok: false, reason: expect.stringContaining(reason) })
    expect(invoked).toEqual([])
  })
})

test('without signing a token under the key name is handed on, and called unverified', async () => {
  const { gate, registry, authorizer, invoked } = createGate()
  registry.authorizers.set('tokens', { ...authorizer, tokenKeyName: 'token' })

  await gate.authenticate({ ...request, username: '?token=a.b.c' })

  expect(invoked[0]?.event).toMatchObject({ token: 'a.b.c', signatureVerified: false })
})

describe('keys that the service would refuse stop the start:', () => {
  test.each([
    ['none', 'token', {}, 'is empty'],
    ['a name of the token with a space', 'a token', { one: pem(keys.publicKey) }, 'TokenKeyName'],
    ['a name of a key with a space', 'token', { 'a key': pem(keys.publicKey) }, 'the name does not fit'],
    ['no PEM', 'token', { one: 'abc' }, 'expected a public key in PEM'],
    ['an elliptic curve', 'token', { one: pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey) }, 'RSA'],
    ['1,024 bits', 'token', { one: pem(generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey) }, '2048 bits'],
    ['more than 5,120 characters', 'token', { one: `${pem(keys.publicKey)}${' '.repeat(5_120)}` }, '5120 characters'],
  ])('%s', (_, name, publicKeys, reason) => {
    expect(() => readTokenSigning(name, publicKeys)).toThrow(reason)
  })
})
