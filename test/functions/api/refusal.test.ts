import { describe, expect, test } from 'vitest'
import { answerOf, codeOf } from '../conscience/chain.ts'
import { chainTo, get } from './proxy.ts'
import { startServer } from './upstream-server.ts'

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
