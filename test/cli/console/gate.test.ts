import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCapture } from '../../../cli/console/capture.ts'
import { createFeed } from '../../../cli/console/feed.ts'
import { type ConsoleServer, startConsoleServer } from '../../../cli/console/server.ts'
import { TOKEN_HEADER } from '../../../cli/console/wire.ts'

let server: ConsoleServer
let folder: string
let redriven = 0
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'console-page-'))
  writeFileSync(join(folder, 'index.html'), '<p>page</p>')
  writeFileSync(join(folder, 'notes.txt'), 'not of the page')
  const calls = {
    'GET /overview': () => ({ root: 'jamey' }),
    'POST /redrive': () => {
      redriven += 1
      return { redriven }
    },
  }
  server = await startConsoleServer({ port: 0, pageFolder: folder, calls, feed: createFeed(createCapture()) })
})
afterAll(async () => {
  await server?.close()
  rmSync(folder, { recursive: true, force: true })
})

const base = () => new URL(server.url)
const token = () => base().hash.slice(1)

/** As a browser or somebody else sends it: headers that fetch would not let through included. */
function send(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const { hostname, port } = base()
  return new Promise<{ status: number; body: string; headers: Record<string, unknown> }>((resolve, reject) => {
    const outgoing = request({ hostname, port, path, method, headers }, (incoming) => {
      let body = ''
      incoming.on('data', (chunk) => {
        body += String(chunk)
      })
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body, headers: incoming.headers }))
    })
    outgoing.on('error', reject)
    outgoing.end(method === 'POST' ? '{}' : undefined)
  })
}

test('the page itself needs no token, and lets nobody else in: no script, no frame', async () => {
  const { status, body, headers } = await send('/')
  expect([status, body]).toEqual([200, '<p>page</p>'])
  expect(headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'self'.*frame-ancestors 'none'/)
  expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' })
  expect(headers).not.toHaveProperty('access-control-allow-origin')
})

test('a call needs the token of the address', async () => {
  expect((await send('/api/overview')).status).toBe(401)
  expect((await send('/api/overview', { [TOKEN_HEADER]: `${token()}x` })).status).toBe(401)
  expect(await send('/api/overview', { [TOKEN_HEADER]: token() })).toMatchObject({
    status: 200,
    body: '{"root":"jamey"}',
  })
  expect((await send('/api/feed')).status).toBe(401)
})

test.each([
  ['another name that resolves to this machine', { host: 'evil.example' }],
  ['another port', { host: '127.0.0.1:1' }],
  ['a page of another origin', { origin: 'http://localhost:3000' }],
  ['a page without an origin', { origin: 'null' }],
  ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
])('%s reads nothing and changes nothing, even with the token', async (_, headers) => {
  const all = { ...headers, [TOKEN_HEADER]: token() }
  expect((await send('/api/overview', all)).status).toBe(403)
  expect((await send('/api/redrive', all, 'POST')).status).toBe(403)
  expect((await send('/', headers)).status).toBe(403)
  expect(redriven).toBe(0)
})

test.each(['/notes.txt', '/../package.json', '/%2e%2e/package.json', '/..%2fpackage.json', '//etc/passwd'])(
  '%s is no file of the page',
  async (path) => {
    expect((await send(path)).status).toBe(404)
  },
)

test('what there is no call for is told, and what a call throws too', async () => {
  const headers = { [TOKEN_HEADER]: token() }
  expect((await send('/api/nothing', headers)).status).toBe(404)
  expect((await send('/api/redrive', headers)).status).toBe(404)
  expect((await send('/api/constructor', headers)).status).toBe(404)
})
