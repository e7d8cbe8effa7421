import { createHmac, generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { TOKEN_LIMITS } from '#contract/index.ts'
import { deriveDeviceSecret } from '#keys/index.ts'
import { keysOf } from '../../../functions/authorizer/keys/jwks/index.ts'
import { CURRENT_KEY, MASTER_SECRET, PREVIOUS_KEY, signToken, unsignedToken } from '../../fixtures/tokens.ts'
import { CLAIMS, CLIENT, connect, HEADER, honest, NOW, REFUSED, type Setup, setUp } from './set-up.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const strangerRsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const jwk = (key: { export(options: { format: 'jwk' }): JsonWebKey }, kid: string) => ({
  ...key.export({ format: 'jwk' }),
  kid,
})
const providerKeys = keysOf(
  { keys: [jwk(rsa.publicKey, 'rsa-1'), jwk(ec.publicKey, 'ec-1')] },
  { issuer: 'https://id.example.com', audience: 'bridge' },
)
const withProvider: Setup = { providerKeys: async (kid) => providerKeys.get(kid) }

const base64url = (text: string | Buffer) => Buffer.from(text).toString('base64url')
const part = (token: string, index: number) => token.split('.')[index] ?? ''
/** Signs the very texts: for what JSON.stringify would never write. */
function signTexts(header: string, claims: string, secret = CURRENT_KEY.secret): string {
  const signed = `${base64url(header)}.${base64url(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
function signAsymmetric(alg: 'RS256' | 'ES256', kid: string, claims: object = {}, key = rsa.privateKey): string {
  const body = { ...CLAIMS, iss: 'https://id.example.com', aud: 'bridge', ...claims }
  const signed = `${base64url(JSON.stringify({ alg, kid }))}.${base64url(JSON.stringify(body))}`
  const privateKey = alg === 'ES256' && key === rsa.privateKey ? ec.privateKey : key
  return `${signed}.${sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
const device = (clientId: string, version = 1, claims: object = {}) =>
  signToken(
    { ...HEADER, kid: `device-${version}` },
    { ...CLAIMS, sub: clientId, ...claims },
    {
      secret: deriveDeviceSecret(MASTER_SECRET, clientId, version),
    },
  )
const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const withHeader = (header: object) => signToken({ ...HEADER, ...header }, CLAIMS)
const strangers = { secret: 'another-secret-of-at-least-32-bytes' }
const swapped = `${part(honest(), 0)}.${part(honest({ permissions: ['#'] }), 1)}.${part(honest(), 2)}`
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
const claimsText = JSON.stringify(CLAIMS)
const duplicate = (name: string, value: unknown) => `{"${name}":${JSON.stringify(value)},${claimsText.slice(1)}`

type Attack = [name: string, token: string, code: string, setup?: Setup]

const ALGORITHMS: Attack[] = [
  ['alg none', unsignedToken({ alg: 'none', kid: 'k2' }, CLAIMS), 'token_algorithm_forbidden'],
  ['alg None', unsignedToken({ alg: 'None', kid: 'k2' }, CLAIMS), 'token_algorithm_forbidden'],
  ['alg NONE', unsignedToken({ alg: 'NONE', kid: 'k2' }, CLAIMS), 'token_algorithm_forbidden'],
  ['alg nOnE with a signature', withHeader({ alg: 'nOnE' }), 'token_algorithm_forbidden'],
  ['no alg', signToken({ kid: 'k2' }, CLAIMS), 'token_algorithm_forbidden'],
  ['alg null', withHeader({ alg: null }), 'token_algorithm_forbidden'],
  ['alg with a zero byte', withHeader({ alg: 'HS256\0' }), 'token_algorithm_forbidden'],
  ['alg with a space', withHeader({ alg: ' HS256' }), 'token_algorithm_forbidden'],
  ['alg written small', withHeader({ alg: 'hs256' }), 'token_algorithm_forbidden'],
  ['a list of algorithms', withHeader({ alg: ['HS256'] }), 'token_algorithm_forbidden'],
  ['alg HS384', signToken({ ...HEADER, alg: 'HS384' }, CLAIMS, { hash: 'sha384' }), 'token_algorithm_forbidden'],
  ['alg HS512', signToken({ ...HEADER, alg: 'HS512' }, CLAIMS, { hash: 'sha512' }), 'token_algorithm_forbidden'],
  ['HS512 under an HS256 header', signToken(HEADER, CLAIMS, { hash: 'sha512' }), 'token_signature_invalid'],
  ['alg RS256 for the issuer’s key', withHeader({ alg: 'RS256' }), 'token_algorithm_forbidden'],
  ['alg PS256', withHeader({ alg: 'PS256' }), 'token_algorithm_forbidden'],
  ['alg EdDSA', withHeader({ alg: 'EdDSA' }), 'token_algorithm_forbidden'],
  [
    'HS256 signed with the public RSA key',
    signToken({ ...HEADER, kid: 'rsa-1' }, CLAIMS, { secret: publicPem }),
    'token_algorithm_forbidden',
    withProvider,
  ],
  [
    'HS256 signed with the modulus',
    signToken({ ...HEADER, kid: 'rsa-1' }, CLAIMS, { secret: String(rsa.publicKey.export({ format: 'jwk' }).n) }),
    'token_algorithm_forbidden',
    withProvider,
  ],
  [
    'HS256 signed with the public EC key',
    signToken({ ...HEADER, kid: 'ec-1' }, CLAIMS, {
      secret: ec.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    }),
    'token_algorithm_forbidden',
    withProvider,
  ],
  ['ES256 for the RSA key', signAsymmetric('ES256', 'rsa-1'), 'token_algorithm_forbidden', withProvider],
  ['RS256 under the issuer’s key id', signAsymmetric('RS256', 'k2'), 'token_algorithm_forbidden', withProvider],
  ['RS256 under a device’s key id', signAsymmetric('RS256', 'device-1'), 'token_algorithm_forbidden', withProvider],
  ['RS256 where no provider is trusted', signAsymmetric('RS256', 'rsa-1'), 'token_key_unknown'],
  [
    'RS256 of a stranger',
    signAsymmetric('RS256', 'rsa-1', {}, strangerRsa.privateKey),
    'token_signature_invalid',
    withProvider,
  ],
  [
    'ES256 with a signature of zeros',
    `${signAsymmetric('ES256', 'ec-1').split('.').slice(0, 2).join('.')}.${base64url(Buffer.alloc(64))}`,
    'token_signature_invalid',
    withProvider,
  ],
  [
    'another issuer',
    signAsymmetric('RS256', 'rsa-1', { iss: 'https://evil.example.com' }),
    'token_issuer_unknown',
    withProvider,
  ],
  ['no issuer', signAsymmetric('RS256', 'rsa-1', { iss: undefined }), 'token_issuer_unknown', withProvider],
  ['another audience', signAsymmetric('ES256', 'ec-1', { aud: ['other'] }), 'token_audience_unknown', withProvider],
  ['no audience', signAsymmetric('ES256', 'ec-1', { aud: undefined }), 'token_audience_unknown', withProvider],
]

const SIGNATURES: Attack[] = [
  ['a wrong secret', signToken(HEADER, CLAIMS, strangers), 'token_signature_invalid'],
  ['an empty secret', signToken(HEADER, CLAIMS, { secret: '' }), 'token_signature_invalid'],
  [
    'the master secret itself',
    signToken({ ...HEADER, kid: 'device-1' }, CLAIMS, { secret: MASTER_SECRET }),
    'token_signature_invalid',
  ],
  [
    'the previous key under the current id',
    signToken(HEADER, CLAIMS, { secret: PREVIOUS_KEY.secret }),
    'token_signature_invalid',
  ],
  [
    'the previous key and no id',
    signToken({ alg: 'HS256' }, CLAIMS, { secret: PREVIOUS_KEY.secret }),
    'token_signature_invalid',
  ],
  ['claims of one token with the signature of another', swapped, 'token_signature_invalid'],
  [
    'a header changed after signing',
    `${base64url(JSON.stringify({ ...HEADER, x: 1 }))}.${part(honest(), 1)}.${part(honest(), 2)}`,
    'token_signature_invalid',
  ],
  ['a signature cut by one character', honest().slice(0, -1), 'token_signature_invalid'],
  ['a signature with one character more', `${honest()}A`, 'token_signature_invalid'],
  ['half a signature', honest().slice(0, -22), 'token_signature_invalid'],
  ['no signature', unsignedToken(HEADER, CLAIMS), 'token_malformed'],
  ['a signature with padding', `${honest()}=`, 'token_malformed'],
  ['claims with padding', honest().replace(part(honest(), 1), `${part(honest(), 1)}==`), 'token_malformed'],
  ['a header with padding', `${part(honest(), 0)}=.${part(honest(), 1)}.${part(honest(), 2)}`, 'token_malformed'],
  ['base64 of the other alphabet', `${part(honest(), 0)}.${part(honest(), 1)}.${'+/'.repeat(21)}A`, 'token_malformed'],
  ['a line end behind the token', `${honest()}\n`, 'token_malformed'],
  ['a space before the token', ` ${honest()}`, 'token_malformed'],
  ['a scheme before the token', `Bearer ${honest()}`, 'token_malformed'],
  ['two parts', honest().split('.').slice(0, 2).join('.'), 'token_malformed'],
  ['four parts', `${honest()}.x`, 'token_malformed'],
  ['five parts, as an encrypted token has', `${honest()}.x.y`, 'token_malformed'],
  ['three dots', '...', 'token_malformed'],
  ['two dots', '..', 'token_malformed'],
  ['garbage', 'garbage', 'token_malformed'],
  ['a token as JSON', JSON.stringify({ payload: 'x', protected: 'y', signature: 'z' }), 'token_malformed'],
]

const HEADERS: Attack[] = [
  ['a header that is a number', `${base64url('1')}.e30.x`, 'token_malformed'],
  ['a header of null', `${base64url('null')}.e30.x`, 'token_malformed'],
  ['a list as header', `${base64url('[]')}.e30.x`, 'token_algorithm_forbidden'],
  ['a header cut short', `${base64url('{"alg":"HS256"')}.e30.x`, 'token_malformed'],
  ['alg twice', signTexts('{"alg":"none","alg":"HS256","kid":"k2"}', claimsText), 'token_malformed'],
  [
    'alg twice, once with an escape',
    signTexts('{"\\u0061lg":"none","alg":"HS256","kid":"k2"}', claimsText),
    'token_malformed',
  ],
  ['kid twice', signTexts('{"kid":"k1","alg":"HS256","kid":"k2"}', claimsText), 'token_malformed'],
  [
    'a name twice further down',
    signTexts('{"alg":"HS256","kid":"k2","x":[{"y":1,"y":2}]}', claimsText),
    'token_malformed',
  ],
  ['kid with a path', withHeader({ kid: '../../../../dev/null' }), 'token_key_unknown'],
  ['kid with a quote and SQL', withHeader({ kid: "k2' UNION SELECT 'x" }), 'token_key_unknown'],
  ['kid with a command', withHeader({ kid: 'k2; curl evil.example.com' }), 'token_key_unknown'],
  ['kid with a zero byte', withHeader({ kid: 'k2\0' }), 'token_key_unknown'],
  ['kid with a line end', withHeader({ kid: 'k2\n' }), 'token_key_unknown'],
  ['kid of another script', withHeader({ kid: 'ⅾevice-1' }), 'token_key_unknown'],
  ['an address as kid', withHeader({ kid: 'https://evil.example.com/jwks.json' }), 'token_key_unknown'],
  ['an inherited name as kid', withHeader({ kid: '__proto__' }), 'token_key_unknown'],
  ['constructor as kid', withHeader({ kid: 'constructor' }), 'token_key_unknown', withProvider],
  ['an unknown kid', withHeader({ kid: 'k9' }), 'token_key_unknown'],
  ['an empty kid', withHeader({ kid: '' }), 'token_key_unknown'],
  ['a huge kid', withHeader({ kid: 'k'.repeat(4_000) }), 'token_key_unknown', withProvider],
  ['a number as kid', withHeader({ kid: 1 }), 'token_malformed'],
  ['null as kid', withHeader({ kid: null }), 'token_malformed'],
  ['a list as kid', withHeader({ kid: ['k2'] }), 'token_malformed'],
  ['crit', withHeader({ crit: ['exp'], b64: false }), 'token_malformed'],
  [
    'a jwk of the attacker',
    signToken({ ...HEADER, jwk: { kty: 'oct', k: base64url(strangers.secret) } }, CLAIMS, strangers),
    'token_signature_invalid',
  ],
  [
    'a jku of the attacker',
    signToken({ ...HEADER, jku: 'https://evil.example.com/jwks.json' }, CLAIMS, strangers),
    'token_signature_invalid',
  ],
  [
    'an x5u of the attacker',
    signToken({ ...HEADER, x5u: 'https://evil.example.com/x.pem' }, CLAIMS, strangers),
    'token_signature_invalid',
  ],
  ['an x5c of the attacker', signToken({ ...HEADER, x5c: ['MIIB'] }, CLAIMS, strangers), 'token_signature_invalid'],
]

const SIZES: Attack[] = [
  ['a huge token', honest({ padding: 'x'.repeat(TOKEN_LIMITS.maxCharacters) }), 'token_too_large'],
  ['a token of one character too many', 'x'.repeat(TOKEN_LIMITS.maxCharacters + 1), 'token_too_large'],
  ['a password of a megabyte', 'x'.repeat(1_000_000), 'token_too_large'],
  [
    'a header of deep JSON',
    signTexts(`{"alg":"HS256","kid":"k9","x":${deep(1_800)}}`, claimsText),
    'token_key_unknown',
  ],
  ['deep JSON as claims', signTexts(JSON.stringify(HEADER), deep(2_000)), 'token_claims_invalid'],
  [
    'deep JSON as permissions',
    signTexts(
      JSON.stringify(HEADER),
      `{"sub":"${CLIENT}","iat":${NOW},"exp":${NOW + 60},"permissions":${deep(1_500)}}`,
    ),
    'token_claims_invalid',
  ],
  [
    'a number of thousands of digits',
    signTexts(JSON.stringify(HEADER), `{"sub":"${CLIENT}","iat":${'9'.repeat(3_000)}}`),
    'token_claims_invalid',
  ],
]

const TIMES: Attack[] = [
  ['an expired token', honest({ iat: NOW - 305, exp: NOW - 5 }), 'token_expired'],
  ['a negative expiry', honest({ exp: -1 }), 'token_expired'],
  ['an expiry before all times', honest({ exp: -1e300 }), 'token_expired'],
  ['an expiry of zero', honest({ exp: 0 }), 'token_expired'],
  ['a fractional expiry', honest({ exp: NOW + 60.5 }), 'token_claims_invalid'],
  ['an expiry beyond all times', honest({ exp: 1e300 }), 'token_claims_invalid'],
  [
    'an expiry beyond what a number can hold',
    signTexts(JSON.stringify(HEADER), claimsText.replace(String(CLAIMS.exp), '1e999')),
    'token_claims_invalid',
  ],
  ['an expiry as text', honest({ exp: String(NOW + 60) }), 'token_claims_invalid'],
  ['no expiry', honest({ exp: undefined }), 'token_claims_invalid'],
  ['an expiry of null', honest({ exp: null }), 'token_claims_invalid'],
  ['a list as expiry', honest({ exp: [NOW + 60] }), 'token_claims_invalid'],
  ['a far-future expiry', honest({ exp: 4_102_444_800 }), 'token_lifetime_too_long'],
  ['a lifetime one second too long', honest({ iat: NOW - 10, exp: NOW + 291 }), 'token_lifetime_too_long'],
  ['an issue before all times, to look old', honest({ iat: 0 }), 'token_lifetime_too_long'],
  ['a negative issue', honest({ iat: -1 }), 'token_lifetime_too_long'],
  ['an issue in the future', honest({ iat: NOW + 6, exp: NOW + 100 }), 'token_not_yet_valid'],
  ['an issue far in the future', honest({ iat: 4_102_444_800, exp: 4_102_444_900 }), 'token_not_yet_valid'],
  ['half a second of issue', honest({ iat: NOW - 0.5 }), 'token_claims_invalid'],
  ['no issue', honest({ iat: undefined }), 'token_claims_invalid'],
  ['a lifetime of nothing', honest({ iat: NOW + 3, exp: NOW + 3 }), 'token_claims_invalid'],
  ['nbf in the future', honest({ nbf: NOW + 60 }), 'token_not_yet_valid'],
  ['nbf as text', honest({ nbf: 'now' }), 'token_claims_invalid'],
]

const CLAIMS_ATTACKS: Attack[] = [
  ['sub twice', signTexts(JSON.stringify(HEADER), duplicate('sub', 'you')), 'token_claims_invalid'],
  ['permissions twice', signTexts(JSON.stringify(HEADER), duplicate('permissions', ['#'])), 'token_claims_invalid'],
  ['exp twice', signTexts(JSON.stringify(HEADER), duplicate('exp', 1)), 'token_claims_invalid'],
  ['no sub', honest({ sub: undefined }), 'token_claims_invalid'],
  ['a number as sub', honest({ sub: 7 }), 'token_claims_invalid'],
  ['null as sub', honest({ sub: null }), 'token_claims_invalid'],
  ['a list as sub', honest({ sub: [CLIENT] }), 'token_claims_invalid'],
  ['an object as sub', honest({ sub: { toString: CLIENT } }), 'token_claims_invalid'],
  ['an empty sub', honest({ sub: '' }), 'token_claims_invalid'],
  ['a wildcard as sub', honest({ sub: '+' }), 'token_claims_invalid'],
  ['an IAM wildcard as sub', honest({ sub: '*' }), 'token_claims_invalid'],
  ['a policy variable as sub', honest({ sub: '${iot:ClientId}' }), 'token_claims_invalid'],
  ['sub with a line end', honest({ sub: `${CLIENT}\n` }), 'token_claims_invalid'],
  ['sub with a zero byte', honest({ sub: `${CLIENT}\0` }), 'token_claims_invalid'],
  ['sub with a letter that looks alike', honest({ sub: CLIENT.replace('a', 'а') }), 'token_claims_invalid'],
  ['sub with a topic separator', honest({ sub: `${CLIENT}/x` }), 'token_claims_invalid'],
  ['sub too long', honest({ sub: 'x'.repeat(129) }), 'token_claims_invalid'],
  ['the sub of another', honest({ sub: 'you' }), 'token_subject_mismatch'],
  ['sub in capitals', honest({ sub: CLIENT.toUpperCase() }), 'token_subject_mismatch'],
  ['claims that are text', signToken(HEADER, 'claims'), 'token_claims_invalid'],
  ['claims that are a list', signToken(HEADER, [CLAIMS]), 'token_claims_invalid'],
  ['claims that are null', signToken(HEADER, null), 'token_malformed'],
  ['claims that are no JSON', signTexts(JSON.stringify(HEADER), '{sub:1}'), 'token_malformed'],
  ['claims under __proto__', signTexts(JSON.stringify(HEADER), `{"__proto__":${claimsText}}`), 'token_claims_invalid'],
]

const PERMISSIONS: Attack[] = [
  ['text', honest({ permissions: 'jamey/#' }), 'token_claims_invalid'],
  ['none given', honest({ permissions: undefined }), 'token_claims_invalid'],
  ['an object', honest({ permissions: { 0: '#', length: 1 } }), 'token_claims_invalid'],
  ['one that is no text', honest({ permissions: [{ topic: '#' }] }), 'token_claims_invalid'],
  ['too many', honest({ permissions: Array(65).fill('a') }), 'token_claims_invalid'],
  ['one too long', honest({ permissions: ['x'.repeat(301)] }), 'token_claims_invalid'],
  ['# in the middle', honest({ permissions: ['jamey/#/x'] }), 'permission_invalid'],
  ['+ inside a level', honest({ permissions: ['jamey/a+/x'] }), 'permission_invalid'],
  ['an empty pattern', honest({ permissions: [''] }), 'permission_invalid'],
  ['a zero byte', honest({ permissions: ['jamey/\0'] }), 'permission_invalid'],
  ['a reserved topic', honest({ permissions: ['$aws/#'] }), 'permission_invalid'],
  ['an unknown placeholder', honest({ permissions: ['jamey/${iot:ClientId}'] }), 'permission_invalid'],
  ['too many levels', honest({ permissions: ['a/b/c/d/e/f/g/h/i'] }), 'permission_invalid'],
  ['none', honest({ permissions: [] }), 'rights_empty'],
  ['another root', honest({ permissions: ['other/#'] }), 'rights_empty'],
  ['another client’s replies', honest({ permissions: ['jamey/responses/you'] }), 'rights_empty'],
]

const DEVICE_KEYS: Attack[] = [
  [
    'for another client',
    signToken({ ...HEADER, kid: 'device-1' }, CLAIMS, { secret: deriveDeviceSecret(MASTER_SECRET, 'you', 1) }),
    'token_signature_invalid',
  ],
  [
    'with the sub of another',
    signToken(
      { ...HEADER, kid: 'device-1' },
      { ...CLAIMS, sub: 'you' },
      { secret: deriveDeviceSecret(MASTER_SECRET, CLIENT, 1) },
    ),
    'token_subject_mismatch',
  ],
  [
    'under the issuer’s id',
    signToken(HEADER, CLAIMS, { secret: deriveDeviceSecret(MASTER_SECRET, CLIENT, 1) }),
    'token_signature_invalid',
  ],
  ['of the issuer under a device’s id', signToken({ ...HEADER, kid: 'device-1' }, CLAIMS), 'token_signature_invalid'],
  [
    'with the bytes behind the text',
    signToken({ ...HEADER, kid: 'device-1' }, CLAIMS, {
      secret: Buffer.from(deriveDeviceSecret(MASTER_SECRET, CLIENT, 1), 'base64url').toString('latin1'),
    }),
    'token_signature_invalid',
  ],
  ['of a version to come', device(CLIENT, 2), 'token_key_revoked'],
  ['of version 0', device(CLIENT, 0), 'token_key_unknown'],
  [
    'under the id of another version',
    signToken({ ...HEADER, kid: 'device-2' }, CLAIMS, { secret: deriveDeviceSecret(MASTER_SECRET, CLIENT, 1) }),
    'token_signature_invalid',
  ],
  ['that lives too long', device(CLIENT, 1, { exp: NOW + 4_000 }), 'token_lifetime_too_long'],
]

const SUITE: Readonly<Record<string, Attack[]>> = {
  algorithms: ALGORITHMS,
  'parts and signatures': SIGNATURES,
  headers: HEADERS,
  sizes: SIZES,
  times: TIMES,
  claims: CLAIMS_ATTACKS,
  permissions: PERMISSIONS,
  'device keys': DEVICE_KEYS,
}

describe.each(Object.entries(SUITE))('attacks with %s', (_, attacks) => {
  test.each(attacks)('%s', async (_name, token, code, setup) => {
    const { authorize, observer } = setUp(setup)

    expect(await authorize(connect(token))).toEqual(REFUSED)
    expect(observer.lines).toHaveLength(1)
    expect(observer.lines[0]).toMatchObject({
      level: 'warn',
      event: 'connection_refused',
      fields: { client_id: CLIENT, action: 'connect', decision: 'denied', code },
    })
    for (const one of [token, ...token.split('.')]) if (one.length > 12) expect(observer.text()).not.toContain(one)
  })
})

test('the same keys, used honestly, are taken', async () => {
  const tokens = [honest(), device(CLIENT), signAsymmetric('RS256', 'rsa-1'), signAsymmetric('ES256', 'ec-1')]
  for (const token of tokens) expect((await setUp(withProvider).authorize(connect(token))).isAuthenticated).toBe(true)
})
