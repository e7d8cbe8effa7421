import { describe, expect, test } from 'vitest'
import { startUpstream } from '../../../examples/upstream/server.ts'
import { answerOf } from '../conscience/chain.ts'
import { chainTo, get } from './proxy.ts'
import { startServer } from './upstream-server.ts'

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
      X_Forwarded_For: '1.2.3.4',
      X_Bridge_Client_Id: 'operator-1',
      Idempotency_Key: 'mine',
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

function hostileValue(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(headers).find(([one]) => one.toLowerCase() === name)?.[1]
}
