import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Roles } from '#contract/index.ts'
import { createApiRoutes } from '#functions/api/handler.ts'
import { MAX_RESPONSE_BYTES } from '#functions/api/upstream-response.ts'
import { startUpstream } from '../../../examples/upstream/server.ts'
import { answerOf, codeOf, createChain, directoryOf, type Message } from '../conscience/chain.ts'
import { startServer } from './upstream-server.ts'

const ROLES: Roles = {
  agent: { permissions: ['#'], api: { methods: ['GET', 'HEAD', 'POST'], paths: ['/public/*', '/rules', '/evaluate'] } },
  poster: { permissions: ['#'], api: { methods: ['POST'], paths: ['/*'] } },
  operator: { permissions: ['#'], api: { methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'], paths: ['/*'] } },
  watcher: { permissions: ['#'] },
}
const DEVICES = directoryOf(
  { client_id: 'c1', organization_id: 'acme' },
  { client_id: 'operator', role: 'operator' },
  { client_id: 'poster', role: 'poster' },
  { client_id: 'watcher', role: 'watcher' },
  { client_id: 'stranger', role: 'constructor' },
  { client_id: 'gone', status: 'revoked' },
)

function chainTo(upstream: URL | undefined, timeoutMs = 5_000) {
  const send = createChain(createApiRoutes({ devices: DEVICES, roles: ROLES, upstream, timeoutMs }), {
    topic: 'api/requests',
  })
  return (payload: unknown, more: Partial<Message> = {}) => send({ payload, ...more })
}

const get = (path: string, headers: Record<string, string> = {}) => ({ method: 'GET', path, headers })

describe('a forwarded request', () => {
  test('gets the upstream answer of status, headers and JSON body', async () => {
    await using upstream = await startUpstream()

    const outcome = await chainTo(new URL(upstream.url))(get('/public/health'))

    expect(answerOf(outcome)).toMatchObject({
      topic: 'jamey/responses/c1',
      status: 'ok',
      payload: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: { status: 'ok', service: 'Jamey 3.0', version: '3.0.0' },
      },
    })
  })

  test('has one effect and one answer however often it is sent', async () => {
    await using upstream = await startUpstream()
    const request = { method: 'POST', path: '/evaluate', body: { action: 'be honest' } }
    // each chain has a correlation store of its own: the record of the first attempt is lost
    const send = () => chainTo(new URL(upstream.url))(request, { metadata: { correlation_id: 'again' } })

    const first = answerOf(await send()).payload
    const second = answerOf(await send()).payload

    expect(second.body).toEqual(first.body)
    expect(upstream.effects()).toBe(1)
  })

  test('says who asks, and never in the words of the device', async () => {
    await using server = await startServer((_, response) => response.end())
    const hostile = {
      Authorization: 'Bearer x',
      Cookie: 'a=b',
      Host: 'evil.example',
      Forwarded: 'for=1.2.3.4',
      'X-Forwarded-For': '1.2.3.4',
      'X-Forwarded-Anything': 'x',
      'X-Real-IP': '1.2.3.4',
      'X-Bridge-Client-Id': 'operator',
      'X-Bridge-Organization-Id': 'globex',
      'X-Bridge-Admin': 'yes',
      'Idempotency-Key': 'mine',
      'X-HTTP-Method-Override': 'DELETE',
      'X-Original-URL': '/admin',
      'X-Rewrite-URL': '/admin',
      Connection: 'close, X-Secret',
      'X-Secret': 'x',
      'Keep-Alive': 'timeout=5',
      'Proxy-Authorization': 'x',
      TE: 'trailers',
      Trailer: 'x',
      'Transfer-Encoding': 'chunked',
      Upgrade: 'h2c',
      Expect: '100-continue',
      'Content-Length': '999',
      'Accept-Encoding': 'identity',
      Accept: 'application/json',
      'X-Custom': 'kept',
    }

    expect(answerOf(await chainTo(server.url)(get('/rules', hostile))).status).toBe('ok')

    const headers = server.seen[0]?.headers ?? {}
    expect(headers).toMatchObject({
      host: server.url.host,
      accept: 'application/json',
      'x-custom': 'kept',
      'x-bridge-client-id': 'c1',
      'x-bridge-organization-id': 'acme',
      'idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    const own = Object.keys(hostile).map((name) => name.toLowerCase())
    const passed = own.filter((name) => hostileValue(hostile, name) === headers[name])
    expect(passed.sort()).toEqual(['accept', 'x-custom'])
    expect(
      Object.keys(headers).filter((name) => /secret|override|x-forwarded|x-bridge-admin|^te$|expect/.test(name)),
    ).toEqual([])
  })

  test('names no organization for a device that has none', async () => {
    await using server = await startServer((_, response) => response.end())

    await chainTo(server.url)(get('/x', { 'X-Bridge-Organization-Id': 'acme' }), { clientId: 'operator' })

    expect(server.seen[0]?.headers).not.toHaveProperty('x-bridge-organization-id')
  })

  test.each([
    ['an object', { a: 1 }, {}, '{"a":1}', 'application/json'],
    ['a string', 'text', {}, '"text"', 'application/json'],
    [
      'a string with a type of its own',
      'a=b',
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      'a=b',
      'application/x-www-form-urlencoded',
    ],
    [
      'an object with a JSON type',
      [1],
      { 'content-type': 'application/merge-patch+json' },
      '[1]',
      'application/merge-patch+json',
    ],
    ['nothing', null, {}, '', undefined],
    ['false', false, {}, 'false', 'application/json'],
  ])('carries %s as its body', async (_, body, headers, sent, contentType) => {
    await using server = await startServer((_request, response) => response.end())

    await chainTo(server.url)({ method: 'POST', path: '/rules', headers, body })

    expect(server.seen[0]).toMatchObject({ method: 'POST', body: sent })
    expect(server.seen[0]?.headers['content-type']).toBe(contentType)
  })

  test('goes below a base path, with its query', async () => {
    await using server = await startServer((_, response) => response.end())

    await chainTo(new URL('/v1/', server.url))(get('/public/a?b=c'))

    expect(server.seen[0]?.path).toBe('/v1/public/a?b=c')
  })
})

describe('what is refused before anything is sent', () => {
  const post = (more: Record<string, unknown>) => ({ method: 'POST', path: '/rules', ...more })

  test.each<[string, unknown, string, string?]>([
    ['a path outside the role', get('/admin'), 'path_forbidden'],
    ['the folder of a prefix without its slash', get('/public'), 'path_forbidden'],
    ['a path that only begins like an allowed one', get('/rules/1'), 'path_forbidden'],
    ['another spelling of an allowed path', get('/r%75les'), 'path_forbidden'],
    ['a method outside the role', { method: 'DELETE', path: '/rules' }, 'method_forbidden'],
    ['a method that is none', { method: 'GET /x', path: '/rules' }, 'method_forbidden'],
    ['CONNECT', { method: 'CONNECT', path: '/rules' }, 'method_forbidden'],
    ['any path of a role without api', get('/public/health'), 'path_forbidden', 'watcher'],
    ['a role that the fleet does not define', get('/public/health'), 'role_unknown', 'stranger'],
    ['a device that is not active', get('/public/health'), 'device_unregistered', 'gone'],
    ['a way out of an allowed folder', get('/public/../admin'), 'path_invalid'],
    ['an absolute URL', get('http://127.0.0.1/'), 'path_invalid'],
    ['a body with GET', { ...get('/rules'), body: {} }, 'invalid_payload'],
    ['a body with HEAD', { method: 'HEAD', path: '/rules', body: 'x' }, 'invalid_payload'],
    ['an object named as text', post({ body: {}, headers: { 'Content-Type': 'text/plain' } }), 'invalid_payload'],
    ['a header name with a space', post({ headers: { 'a b': 'x' } }), 'invalid_payload'],
    ['an empty header name', post({ headers: { '': 'x' } }), 'invalid_payload'],
    ['a header value with a line break', post({ headers: { 'x-a': 'x\r\nhost: evil' } }), 'invalid_payload'],
    ['a header value beyond Latin-1', post({ headers: { 'x-a': '\u2026' } }), 'invalid_payload'],
    ['a reserved header with a line break', post({ headers: { cookie: 'x\ny' } }), 'invalid_payload'],
    [
      'too many headers',
      post({ headers: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`x-${n}`, ''])) }),
      'invalid_payload',
    ],
    ['headers that are too long', post({ headers: { 'x-a': 'x'.repeat(8_200) } }), 'invalid_payload'],
    ['a header that is no text', post({ headers: { 'x-a': 1 } }), 'invalid_payload'],
    ['no path', { method: 'GET' }, 'invalid_payload'],
  ])('%s', async (_, payload, code, clientId = 'c1') => {
    await using server = await startServer((_request, response) => response.end())

    expect(codeOf(await chainTo(server.url)(payload, { clientId }))).toBe(code)
    expect(server.seen).toEqual([])
  })

  test('everything, where no upstream is configured', async () => {
    expect(codeOf(await chainTo(undefined)(get('/public/health')))).toBe('upstream_not_configured')
  })

  test('a request that the function has no time left for', async () => {
    await using server = await startServer((_, response) => response.end())

    expect(codeOf(await chainTo(server.url)(get('/rules'), { remainingMs: 1_000 }))).toBe('upstream_timed_out')
    expect(server.seen).toEqual([])
  })

  test('takes a method in any case', async () => {
    await using server = await startServer((_, response) => response.end())

    expect(answerOf(await chainTo(server.url)({ method: 'get', path: '/rules' })).status).toBe('ok')
    expect(server.seen[0]?.method).toBe('GET')
  })
})

describe('an answer', () => {
  const json = { 'content-type': 'application/json' }

  test.each([
    ['an error of the upstream', 404, json, '{"error":"no"}', { error: 'no' }],
    ['a fault of the upstream', 503, json, '{}', {}],
    ['a redirect without a place', 302, {}, 'x', 'x'],
    ['not modified', 304, {}, '', null],
    ['no content', 204, {}, '', null],
    ['JSON of another name', 200, { 'content-type': 'application/problem+json; charset=utf-8' }, '[1]', [1]],
    ['JSON that is broken', 200, json, '{"a":', '{"a":'],
    [
      'JSON that is nested too deep',
      200,
      json,
      `${'['.repeat(9_000)}${']'.repeat(9_000)}`,
      `${'['.repeat(9_000)}${']'.repeat(9_000)}`,
    ],
    ['text', 200, { 'content-type': 'text/html' }, '<p>ä</p>', '<p>ä</p>'],
    ['text in another charset', 200, { 'content-type': 'text/plain; charset=latin1' }, Buffer.from([0xe4]), 'ä'],
    ['text in an unknown charset', 200, { 'content-type': 'text/plain; charset=none' }, 'ä', 'ä'],
    ['text without a type', 200, {}, 'ä', 'ä'],
    ['text that is cut in a character', 200, { 'content-type': 'text/plain' }, Buffer.from([0x61, 0xc3]), 'a\ufffd'],
    ['gzip', 200, { ...json, 'content-encoding': 'gzip' }, gzipSync('{"z":1}'), { z: 1 }],
    ['brotli', 200, { ...json, 'content-encoding': 'br' }, brotliCompressSync('{"z":2}'), { z: 2 }],
  ])('of %s is passed on', async (_, status, headers, sent, body) => {
    await using server = await startServer((_request, response) => response.writeHead(status, headers).end(sent))

    const { payload } = answerOf(await chainTo(server.url)(get('/rules')))

    expect(payload).toMatchObject({ status, body })
    expect(payload.headers).not.toHaveProperty('content-encoding')
    expect(payload.headers).not.toHaveProperty('x-bridge-body-encoding')
  })

  test.each([
    ['bytes of a binary type', { 'content-type': 'image/png' }],
    ['bytes without a type that are no text', {}],
  ])('of %s is base64 and says so', async (_, headers) => {
    const bytes = Buffer.from([0x89, 0x50, 0xff, 0x00])
    await using server = await startServer((_request, response) => response.writeHead(200, headers).end(bytes))

    const { payload } = answerOf(await chainTo(server.url)(get('/rules')))

    expect(payload).toMatchObject({ headers: { 'x-bridge-body-encoding': 'base64' }, body: bytes.toString('base64') })
  })

  test('leaves out cookies and the headers of one connection', async () => {
    await using server = await startServer((_, response) => {
      response
        .writeHead(200, {
          'set-cookie': ['a=b', 'c=d'],
          connection: 'keep-alive, x-hop',
          'x-hop': 'x',
          'proxy-authenticate': 'x',
          upgrade: 'h2c',
          'x-bridge-body-encoding': 'base64',
          'x-kept': 'y',
        })
        .end('x')
    })

    const { payload } = answerOf(await chainTo(server.url)(get('/rules')))

    expect(Object.keys(payload.headers as object).sort()).toEqual(['date', 'x-kept'])
  })

  test('to HEAD has no body', async () => {
    await using server = await startServer((_, response) => response.writeHead(200, json).end())

    const { payload } = answerOf(await chainTo(server.url)({ method: 'HEAD', path: '/rules' }))

    expect(payload).toMatchObject({ status: 200, body: null })
  })
})

describe('an upstream that misbehaves', () => {
  test.each([
    ['says it sends too much', MAX_RESPONSE_BYTES + 1],
    ['sends too much in the end', 0],
  ])('is cut off when it %s', async (_, length) => {
    await using server = await startServer((_request, response) => {
      response.writeHead(200, length > 0 ? { 'content-length': length } : {})
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16 * 1024)))
          if (length > 0 && response.writableLength > length) return
        response.once('drain', more)
      }
      more()
    })

    expect(codeOf(await chainTo(server.url)(get('/rules')))).toBe('upstream_response_too_large')
  })

  test('is cut off when a small body unpacks to a large one', async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024))
    await using server = await startServer((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    )

    expect(codeOf(await chainTo(server.url)(get('/rules')))).toBe('upstream_response_too_large')
  })

  test('may send exactly as much as is read', async () => {
    await using server = await startServer((_, response) => response.end('x'.repeat(MAX_RESPONSE_BYTES)))

    expect(answerOf(await chainTo(server.url)(get('/rules'))).payload.body).toHaveLength(MAX_RESPONSE_BYTES)
  })

  test.each([
    ['never answers', () => {}],
    ['never ends its body', (response: import('node:http').ServerResponse) => void response.writeHead(200).write('x')],
  ])('is given up when it %s', async (_, answer) => {
    await using server = await startServer((_request, response) => answer(response))

    const outcome = await chainTo(server.url, 100)(get('/rules'))

    expect(answerOf(outcome).payload).toMatchObject({
      code: 'upstream_timed_out',
      message: 'the API upstream gave no answer within 100 ms',
    })
  })

  test('gets no more time than the function has, less a second', async () => {
    await using server = await startServer(() => {})

    const outcome = await chainTo(server.url)(get('/rules'), { remainingMs: 1_080 })

    expect(answerOf(outcome).payload.message).toBe('the API upstream gave no answer within 80 ms')
  })

  test.each([
    ['hangs up', (response: import('node:http').ServerResponse) => void response.destroy()],
    [
      'hangs up in the middle',
      (response: import('node:http').ServerResponse) =>
        void response.writeHead(200, { 'content-length': 9 }).write('x', () => response.destroy()),
    ],
    ['speaks no HTTP', (response: import('node:http').ServerResponse) => void response.socket?.end('garbage\r\n\r\n')],
    [
      'gives a status that is none',
      (response: import('node:http').ServerResponse) => void response.writeHead(999).end(),
    ],
    [
      'sends what is no gzip',
      (response: import('node:http').ServerResponse) =>
        void response.writeHead(200, { 'content-encoding': 'gzip' }).end('plain'),
    ],
  ])('is unreachable when it %s', async (_, answer) => {
    await using server = await startServer((_request, response) => answer(response))

    expect(codeOf(await chainTo(server.url)(get('/rules')))).toBe('upstream_unreachable')
  })

  test('is unreachable where nobody listens, and the reply does not say where that is', async () => {
    const server = await startServer(() => {})
    await server[Symbol.asyncDispose]()

    const outcome = await chainTo(server.url)(get('/rules'))

    expect(codeOf(outcome)).toBe('upstream_unreachable')
    expect(JSON.stringify(outcome)).not.toContain(server.url.host)
  })
})

describe('a redirect', () => {
  const redirect = (status: number, location: string) =>
    startServer((request, response) => {
      if (request.url === '/rules') response.writeHead(status, { location }).end('moved')
      else response.end('arrived')
    })

  test.each([301, 302, 303, 307, 308])('with %d is followed inside what the role may reach', async (status) => {
    await using server = await redirect(status, '/public/new?x=1')

    const { payload } = answerOf(await chainTo(server.url)(get('/rules')))

    expect(payload).toMatchObject({ status: 200, body: 'arrived' })
    expect(server.seen.map(({ path }) => path)).toEqual(['/rules', '/public/new?x=1'])
  })

  test('keeps HEAD and turns POST into GET without a body, by 303', async () => {
    await using server = await redirect(303, '/public/new')

    await chainTo(server.url)({ method: 'HEAD', path: '/rules' })
    await chainTo(server.url)({ method: 'POST', path: '/rules', body: { a: 1 } })

    expect(server.seen.map(({ method }) => method)).toEqual(['HEAD', 'HEAD', 'POST', 'GET'])
    expect(server.seen[3]).toMatchObject({
      body: '',
      headers: expect.not.objectContaining({ 'content-type': expect.anything() }),
    })
  })

  test.each([301, 302, 307, 308])('with %d is not followed with POST', async (status) => {
    await using server = await redirect(status, '/public/new')

    expect(codeOf(await chainTo(server.url)({ method: 'POST', path: '/rules' }))).toBe('upstream_redirect_refused')
    expect(server.seen).toHaveLength(1)
  })

  test('to another server is refused and never asked', async () => {
    await using elsewhere = await startServer((_, response) => response.end('secret'))
    await using server = await redirect(302, `${elsewhere.url.href}public/x`)

    expect(codeOf(await chainTo(server.url)(get('/rules')))).toBe('upstream_redirect_refused')
    expect(elsewhere.seen).toEqual([])
  })

  test.each(['/admin', '/public/%2e%2e/admin', 'file:///etc/passwd'])(
    'to %s, which the role may not reach, is refused',
    async (location) => {
      await using server = await redirect(302, location)

      expect(codeOf(await chainTo(server.url)(get('/rules')))).toBe('upstream_redirect_refused')
      expect(server.seen).toHaveLength(1)
    },
  )

  test('out of the base path is refused', async () => {
    await using server = await startServer((_, response) => response.writeHead(302, { location: '/v2/rules' }).end())

    expect(codeOf(await chainTo(new URL('/v1', server.url))(get('/rules')))).toBe('upstream_redirect_refused')
  })

  test('to GET is refused for a role without GET', async () => {
    await using server = await redirect(303, '/new')

    expect(codeOf(await chainTo(server.url)({ method: 'POST', path: '/rules' }, { clientId: 'poster' }))).toBe(
      'upstream_redirect_refused',
    )
  })

  test('is followed three times and no fourth', async () => {
    await using server = await startServer((request, response) => {
      const left = Number(request.url?.split('/').at(-1))
      if (left === 0) response.end('arrived')
      else response.writeHead(302, { location: `/public/${left - 1}` }).end()
    })

    expect(answerOf(await chainTo(server.url)(get('/public/3'))).payload.body).toBe('arrived')
    expect(codeOf(await chainTo(server.url)(get('/public/4')))).toBe('upstream_redirect_refused')
  })
})

function hostileValue(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(headers).find(([one]) => one.toLowerCase() === name)?.[1]
}
