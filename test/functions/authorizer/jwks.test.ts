import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { KEY_LIMITS } from '#contract/index.ts'
import { jwksUrlSchema } from '../../../functions/authorizer/env.ts'
import { createJwks, fetchJwks, keysOf } from '../../../functions/authorizer/keys/jwks/index.ts'
import { createProviderKeys } from '../../../functions/authorizer/keys/provider-keys.ts'
import { createServerCertificate } from '../../local/broker/server-certificate.ts'

const NO_CLAIMS = { issuer: undefined, audience: undefined }
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey
const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey
const ed = generateKeyPairSync('ed25519').publicKey
const jwk = (key: KeyObject, more: object = {}) => ({ ...key.export({ format: 'jwk' }), kid: 'x', ...more })

describe('the keys of a document', () => {
  test.each([
    ['RSA', jwk(rsa), 'RS256'],
    ['RSA for signatures, with its algorithm', jwk(rsa, { use: 'sig', alg: 'RS256', key_ops: ['verify'] }), 'RS256'],
    ['P-256', jwk(p256), 'ES256'],
    ['RSA of 1,024 bits', jwk(weak), undefined],
    ['P-384', jwk(p384), undefined],
    ['Ed25519', jwk(ed), undefined],
    ['a key for encryption', jwk(rsa, { use: 'enc' }), undefined],
    ['a key to sign with', jwk(rsa, { key_ops: ['sign'] }), undefined],
    ['RSA for RS512', jwk(rsa, { alg: 'RS512' }), undefined],
    ['RSA that says HS256', jwk(rsa, { alg: 'HS256' }), undefined],
    ['a shared secret', { kty: 'oct', k: 'c2VjcmV0', kid: 'x', alg: 'HS256' }, undefined],
    ['a key without id', jwk(rsa, { kid: undefined }), undefined],
    ['a broken key', { kty: 'RSA', n: 'x', kid: 'x' }, undefined],
  ])('%s', (_, key, algorithm) => {
    expect(keysOf({ keys: [key] }, NO_CLAIMS).get('x')?.algorithm).toBe(algorithm)
  })

  test('are neither of two with one id', () => {
    expect(keysOf({ keys: [jwk(rsa), jwk(p256)] }, NO_CLAIMS).size).toBe(0)
  })

  test.each([null, [], {}, { keys: 'x' }, { keys: [1] }, { keys: Array(KEY_LIMITS.jwksMaxKeys + 1).fill({}) }])(
    'are not those of %j',
    (document) => {
      expect(() => keysOf(document, NO_CLAIMS)).toThrow('the document is no JWKS')
    },
  )
})

describe('a provider’s keys', () => {
  function setUp() {
    let nowMs = 1_000_000
    let loads = 0
    let load = async () => keysOf({ keys: [jwk(rsa, { kid: 'a' })] }, NO_CLAIMS)
    const find = createJwks(
      () => {
        loads += 1
        return load()
      },
      () => nowMs,
    )
    return {
      has: async (kid: string) => (await find(kid)) !== undefined,
      loads: () => loads,
      passSeconds: (seconds: number) => {
        nowMs += seconds * 1_000
      },
      serve: (next: typeof load) => {
        load = next
      },
    }
  }
  const { jwksPauseSeconds, jwksUnknownSeconds, jwksCachedSeconds } = KEY_LIMITS
  const renewed = async () => keysOf({ keys: [jwk(p256, { kid: 'b' })] }, NO_CLAIMS)

  test('are read once for all ids that are known, by askers at once as well', async () => {
    const { has, loads } = setUp()

    expect(await Promise.all([has('a'), has('a')])).toEqual([true, true])
    expect(await has('a')).toBe(true)
    expect(loads()).toBe(1)
  })

  test('a flood of made-up ids causes one read in a pause, and each brings a real new key', async () => {
    const { has, loads, passSeconds, serve } = setUp()
    await has('a')
    serve(renewed)
    passSeconds(jwksPauseSeconds)
    for (let index = 0; index < 2_000; index += 1) expect(await has(`made-up-${index}`)).toBe(false)

    expect(loads()).toBe(2)
    expect(await has('b')).toBe(true)
    expect(await has('a')).toBe(false)
    expect(loads()).toBe(2)
  })

  test('one unknown id is looked for once in its time', async () => {
    const { has, loads, passSeconds } = setUp()
    expect(await has('z')).toBe(false)
    passSeconds(jwksUnknownSeconds - 1)
    expect(await has('z')).toBe(false)
    expect(loads()).toBe(1)
    passSeconds(1)
    expect(await has('z')).toBe(false)
    expect(loads()).toBe(2)
  })

  test('a withdrawn key goes out of use', async () => {
    const { has, passSeconds, serve } = setUp()
    await has('a')
    serve(renewed)
    passSeconds(jwksCachedSeconds - 1)
    expect(await has('a')).toBe(true)
    passSeconds(1)
    expect(await has('a')).toBe(false)
  })

  test('a read that fails keeps the keys, and is paused', async () => {
    const { has, loads, passSeconds, serve } = setUp()
    await has('a')
    serve(() => Promise.reject(new Error('down')))
    passSeconds(jwksCachedSeconds)
    for (let index = 0; index < 10; index += 1) expect(await has('a')).toBe(true)
    expect(loads()).toBe(2)
  })

  test('keys that cannot be read again are in use for an hour more', async () => {
    const { has, passSeconds, serve } = setUp()
    await has('a')
    serve(() => Promise.reject(new Error('down')))
    passSeconds(jwksCachedSeconds + KEY_LIMITS.staleSeconds - 1)
    expect(await has('a')).toBe(true)
    passSeconds(1)
    await expect(has('a')).rejects.toMatchObject({ code: 'authorizer_unavailable' })
  })

  test('without a document every id is authorizer_unavailable, with one read in a pause', async () => {
    const { has, loads, serve } = setUp()
    serve(() => Promise.reject(new Error('down')))
    for (const kid of ['a', 'b', 'c']) await expect(has(kid)).rejects.toMatchObject({ code: 'authorizer_unavailable' })
    expect(loads()).toBe(1)
  })

  test('an id too long is nobody’s, without a read', async () => {
    const { has, loads } = setUp()
    expect(await has('k'.repeat(257))).toBe(false)
    expect(loads()).toBe(0)
  })
})

describe('fetchJwks', () => {
  let certificate: Awaited<ReturnType<typeof createServerCertificate>>
  beforeAll(async () => {
    certificate = await createServerCertificate()
  })

  async function serve(answer: Parameters<typeof createServer>[1]): Promise<{ url: string; server: Server }> {
    const server = createServer(certificate, answer)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return { server, url: `https://localhost:${(server.address() as AddressInfo).port}/jwks.json` }
  }
  const fetched = (url: string) => fetchJwks(url, { ca: certificate.cert })

  test('reads the document', async () => {
    const document = { keys: [jwk(rsa)] }
    const { url } = await serve((_, response) => response.end(JSON.stringify(document)))

    expect(await fetched(url)).toEqual(document)
  })

  test('follows no redirect', async () => {
    const paths: (string | undefined)[] = []
    const { url } = await serve((request, response) => {
      paths.push(request.url)
      response.writeHead(302, { location: '/elsewhere' }).end()
    })

    await expect(fetched(url)).rejects.toThrow('answered with 302')
    expect(paths).toEqual(['/jwks.json'])
  })

  test.each([
    ['an error', 500, '{}', 'answered with 500'],
    ['no JSON', 200, '<html>', 'no JSON'],
    ['too much', 200, ' '.repeat(KEY_LIMITS.jwksMaxBytes + 1), 'over 65536 bytes'],
  ])('refuses %s', async (_, status, body, message) => {
    const { url } = await serve((_request, response) => response.writeHead(status).end(body))

    await expect(fetched(url)).rejects.toThrow(message)
  })

  test('stops reading a document that does not end', async () => {
    const { url } = await serve((_, response) => {
      const write = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384))) {
          // until the socket is full or gone
        }
      }
      response.on('drain', write)
      write()
    })

    await expect(fetched(url)).rejects.toThrow('over 65536 bytes')
  })

  test('gives up a server that does not answer', async () => {
    const timeLimit = new AbortController()
    const { url } = await serve(() => timeLimit.abort(new Error('time is up')))

    await expect(fetchJwks(url, { ca: certificate.cert, signal: timeLimit.signal })).rejects.toThrow(/abort/)
  })

  test('gives up a document that stops half-way', async () => {
    const timeLimit = new AbortController()
    const { url } = await serve((_, response) => {
      response.write('{"keys":', () => timeLimit.abort())
    })

    await expect(fetchJwks(url, { ca: certificate.cert, signal: timeLimit.signal })).rejects.toThrow(/abort/)
  })

  test('takes no certificate of a stranger', async () => {
    const { url } = await serve((_, response) => response.end('{"keys":[]}'))

    await expect(fetchJwks(url)).rejects.toThrow()
  })
})

describe('createProviderKeys', () => {
  const folderWith = (files: Record<string, string>) => {
    const folder = mkdtempSync(join(tmpdir(), 'jwks-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return folder
  }

  test('reads the document beside the bundle', async () => {
    const folder = folderWith({ 'jwks.json': JSON.stringify({ keys: [jwk(p256, { kid: 'a' })] }) })
    const find = createProviderKeys({ url: '', issuer: 'i', audience: undefined, folder })

    expect(await find?.('a')).toMatchObject({ signer: 'identity_provider', algorithm: 'ES256', issuer: 'i' })
    expect(await find?.('b')).toBeUndefined()
  })

  test('trusts nobody without a document', () => {
    expect(
      createProviderKeys({ url: '', issuer: undefined, audience: undefined, folder: folderWith({}) }),
    ).toBeUndefined()
  })
})

test.each(['http://id.example.com/jwks', 'https://user:word@id.example.com/', 'file:///etc/passwd', 'jwks.json', ' '])(
  '"%s" is no address for keys',
  (url) => {
    expect(jwksUrlSchema.safeParse(url).success).toBe(false)
  },
)
