import type { ServerResponse } from 'node:http'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { MAX_RESPONSE_BYTES } from '#functions/api/upstream-response.ts'
import { answerOf, codeOf } from '../conscience/chain.ts'
import { chainTo, get } from './proxy.ts'
import { startServer } from './upstream-server.ts'

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
    ['announces too much', { 'content-length': MAX_RESPONSE_BYTES + 1 }],
    ['sends without end', {}],
  ])('is cut off when it %s', async (_, headers) => {
    let sentBytes = 0
    await using server = await startServer((_request, response) => {
      response.writeHead(200, headers)
      const limitBytes = Number(response.getHeader('content-length') ?? Number.POSITIVE_INFINITY)
      const more = () => {
        if (response.destroyed || sentBytes >= limitBytes) return
        const chunk = Buffer.alloc(Math.min(16 * 1024, limitBytes - sentBytes))
        sentBytes += chunk.length
        response.write(chunk, more)
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
    ['never ends its body', (response: ServerResponse) => void response.writeHead(200).write('x')],
  ])('is given up when it %s', async (_, answer) => {
    await using server = await startServer((_request, response) => answer(response))

    const outcome = await chainTo(server.url, 100)(get('/rules'))

    expect(answerOf(outcome).payload).toMatchObject({
      code: 'upstream_timed_out',
      message: 'the API upstream gave no answer within 100 ms',
    })
  })

  test('gets no more time than the function has, less what storing the answer takes', async () => {
    await using server = await startServer(() => {})

    const outcome = await chainTo(server.url)(get('/rules'), { remainingMs: 2_580 })

    expect(answerOf(outcome).payload.message).toBe('the API upstream gave no answer within 80 ms')
  })

  test.each([
    ['hangs up', (response: ServerResponse) => void response.destroy()],
    [
      'hangs up in the middle',
      (response: ServerResponse) =>
        void response.writeHead(200, { 'content-length': 9 }).write('x', () => response.destroy()),
    ],
    ['speaks no HTTP', (response: ServerResponse) => void response.socket?.end('garbage\r\n\r\n')],
    ['gives a status that is none', (response: ServerResponse) => void response.writeHead(999).end()],
    [
      'sends what is no gzip',
      (response: ServerResponse) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('plain'),
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
