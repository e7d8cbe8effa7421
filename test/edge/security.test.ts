import { statSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Edge, readEdgeSettings } from '#edge/index.ts'
import { createCallbackPolicy } from '../../edge/callbacks/callback-policy.ts'
import { createCallbackSender } from '../../edge/callbacks/send-callback.ts'
import { BASE, call, createEdgeBench, type EdgeBench } from './harness/edge-bench.ts'

interface RawAnswer {
  status: number
  text: string
}

/** fetch sets Host and Origin itself. */
function raw(options: {
  port?: number
  socketPath?: string
  path?: string
  method?: string
  headers?: Record<string, string>
  body?: string
}): Promise<RawAnswer> {
  const { body, path = '/health', ...rest } = options
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', path, ...rest }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

describe('the service', () => {
  let bench: EdgeBench
  let edge: Edge

  beforeAll(async () => {
    bench = await createEdgeBench()
    edge = await bench.start({ environment: { EDGE_ALLOWED_HOSTS: 'edge.internal', EDGE_MAX_BODY_BYTES: '2048' } })
  })
  afterAll(() => bench?.[Symbol.asyncDispose]())

  test.each([
    ['localhost:3004', 200],
    ['127.0.0.1', 200],
    ['[::1]:80', 200],
    ['LOCALHOST', 200],
    ['edge.internal:1', 200],
    ['rebound.example:3004', 403],
    ['localhost.example', 403],
    ['127.0.0.1.example', 403],
  ])('called by the name %j answers %i', async (host, status) => {
    const answer = await raw({ port: edge.port, headers: { host } })
    expect(answer.status).toBe(status)
    if (status === 403) expect(JSON.parse(answer.text)).toMatchObject({ code: 'host_forbidden' })
  })

  test.each([
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: 'http://localhost:1' }],
    [{ 'sec-fetch-site': 'cross-site' }],
  ])('refuses a page with %j', async (headers: Record<string, string>) => {
    const answer = await raw({ port: edge.port, headers: { host: `localhost:${edge.port}`, ...headers } })
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([403, 'origin_forbidden'])
  })

  test('takes a page of its own, such as the reference', async () => {
    const host = `localhost:${edge.port}`
    expect((await raw({ port: edge.port, headers: { host, origin: `http://${host}` } })).status).toBe(200)
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])(
    'takes no body of type %j, which a page can send without asking',
    async (type) => {
      const answer = await raw({
        port: edge.port,
        path: '/publish',
        method: 'POST',
        headers: type === '' ? {} : { 'content-type': type },
        body: JSON.stringify({ topic: `${BASE}/response`, payload: {} }),
      })
      expect([answer.status, JSON.parse(answer.text).code]).toEqual([415, 'media_type_unsupported'])
    },
  )

  test.each(['/docs/static/../../../etc/passwd', '/docs/static/..%2f..%2f..%2fetc/passwd', '/../etc/passwd', '/%00'])(
    'has nothing at %s',
    async (path) => {
      const { status, text } = await raw({ port: edge.port, path })
      expect([status, JSON.parse(text).code]).toEqual([404, 'route_unknown'])
    },
  )

  test.each([
    'nonsense\r\n\r\n',
    'GET /health HTTP/1.1\r\nhost: localhost\r\nx: a\u0000b\r\n\r\n',
    'POST /publish HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'GET /health HTTP/1.1\r\nhost: localhost\r\nexpect: a-miracle\r\n\r\n',
  ])('answers %j, which is no HTTP, with a code and ends the connection', async (text) => {
    const socket = connect(edge.port, '127.0.0.1')
    socket.write(text)
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 400 /)
    expect(JSON.parse(body)).toMatchObject({ code: 'request_malformed' })
  })

  test('takes no body beyond its limit', async () => {
    const answer = await call(edge, '/publish', { topic: `${BASE}/response`, payload: { text: 'x'.repeat(3_000) } })
    expect([answer.status, answer.body]).toEqual([
      413,
      { error: 'expected at most 2048 bytes of body', code: 'body_too_large' },
    ])
  })

  test.each(['a\r\nX-Injected: 1', 'a\u0000b', `${BASE}/response\n`, '../../etc', `${BASE}/response?x=1`])(
    'passes a topic such as %j nowhere',
    async (topic) => {
      const before = bench.test.messages.length
      const answer = await call(edge, '/publish', { topic, payload: {} })
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.headers.get('x-injected')).toBeNull()
      expect(bench.test.messages).toHaveLength(before)
    },
  )

  test('with a token answers who has it, and shows the rest the reference alone', async () => {
    const token = 'a token of at least thirty-two characters'
    await using other = await createEdgeBench()
    const closed = await other.start({ settings: { token } })

    expect((await call(closed, '/health')).status).toBe(401)
    expect((await call(closed, '/health', undefined, { authorization: `Bearer ${token}x` })).status).toBe(401)
    expect((await call(closed, '/health', undefined, { authorization: `Bearer ${token}` })).status).toBe(200)
    expect((await fetch(`${closed.url}/docs`)).status).toBe(200)
    expect((await fetch(`${closed.url}/metrics`)).status).toBe(401)
  })

  test('listens on a Unix socket for its owner and group, also where a killed one left its file', async () => {
    await using other = await createEdgeBench()
    const socket = join(other.folder, 'edge.sock')
    const first = await other.start({ settings: { socket } })
    expect(first.url).toBe(`unix:${socket}`)
    expect(statSync(socket).mode & 0o777).toBe(0o660)
    expect((await raw({ socketPath: socket, headers: { host: 'whatever' } })).status).toBe(200)
    await first.close()

    // a process that is killed leaves its file
    const dead = createServer()
    await new Promise<void>((resolve) => dead.listen(socket, resolve))
    dead.unref()
    await new Promise((resolve) => dead.close(resolve))
    const again = await other.start({ settings: { socket } })
    expect((await raw({ socketPath: socket })).status).toBe(200)
    await again.close()
  })
})

describe('settings', () => {
  const problems = (environment: Record<string, string>) =>
    readEdgeSettings(environment).problems.map(({ variable }) => variable)

  test('have a default for everything', () => {
    const { settings, problems: none } = readEdgeSettings({})
    expect(none).toEqual([])
    expect([settings.host, settings.port, settings.callbacks.port]).toEqual(['localhost', 3004, 9000])
  })

  test('are told of with all problems at once, without their values', () => {
    const { problems: found } = readEdgeSettings({
      TS_CLIENT_PORT: 'many',
      PETAL_CALLBACK_PORT: '0',
      ENABLE_CALLBACKS: 'perhaps',
      EDGE_TOKEN: 'a-short-one',
      PETAL_RESPONSE_TOPIC: 'no/such',
      EDGE_CALLBACK_ALLOW: 'ok.example,http://bad',
    })
    expect(found.map(({ variable }) => variable).toSorted()).toEqual([
      'EDGE_CALLBACK_ALLOW',
      'EDGE_TOKEN',
      'ENABLE_CALLBACKS',
      'PETAL_CALLBACK_PORT',
      'PETAL_RESPONSE_TOPIC',
      'TS_CLIENT_PORT',
    ])
    expect(JSON.stringify(found)).not.toContain('a-short-one')
  })

  test.each([
    ['0.0.0.0', ['EDGE_TOKEN']],
    ['192.168.1.5', ['EDGE_TOKEN']],
    ['::', ['EDGE_TOKEN']],
    ['device.local', ['EDGE_TOKEN']],
    ['127.0.0.2', []],
    ['::1', []],
    ['localhost', []],
  ])('do not expose the service on %s without a token', (host, expected) => {
    expect(problems({ TS_CLIENT_HOST: host })).toEqual(expected)
    expect(problems({ TS_CLIENT_HOST: host, EDGE_TOKEN: 'x'.repeat(32) })).toEqual([])
    expect(problems({ TS_CLIENT_HOST: host, EDGE_SOCKET: '/run/edge.sock' })).toEqual([])
  })

  test.each([
    ['yes', true],
    ['1', true],
    ['TRUE', true],
    ['no', false],
    ['0', false],
  ])('read ENABLE_CALLBACKS=%s', (text, expected) => {
    expect(readEdgeSettings({ ENABLE_CALLBACKS: text }).settings.callbacks.enabled).toBe(expected)
  })

  test('take the topics of the device with and without a leading slash', () => {
    const { settings } = readEdgeSettings({ PETAL_COMMAND_EDGE_TOPIC: '/command' })
    expect(settings.topics.commandEdge).toBe('org/{organizationId}/device/{deviceId}/command')
  })
})

describe('callbacks', () => {
  const policy = createCallbackPolicy({ allow: ['manager.lan', '10.0.0.7:9000'] })

  test.each([
    'http://localhost:9000/mqtt-callback/callback',
    'http://127.0.0.1/',
    'http://127.9.9.9:1/',
    'https://[::1]:9000/x',
    'http://manager.lan:8080/x',
    'http://MANAGER.lan/x',
    'http://10.0.0.7:9000/',
    'http://0x7f000001/',
  ])('may go to %s', (url) => {
    expect(policy.check(url)).toBeInstanceOf(URL)
  })

  test.each([
    'http://10.0.0.7:9001/',
    'http://example.com/',
    'http://169.254.169.254/latest/meta-data',
    'http://0.0.0.0:9000/',
    'http://[::]/',
    'http://[::ffff:10.0.0.1]/',
    'http://user:secret@localhost/',
    'file:///etc/passwd',
    'ftp://localhost/',
    'javascript:alert(1)',
    'localhost:9000',
    '',
    `http://localhost/${'x'.repeat(3_000)}`,
    'http://localhost.example.com/',
    'http://manager.lan.example.com/',
  ])('may not go to %s', (url) => {
    expect(() => policy.check(url)).toThrow(expect.objectContaining({ code: 'callback_forbidden' }))
  })

  test.each([
    ['localhost', '127.0.0.1', true],
    ['localhost', '::1', true],
    ['localhost', '10.0.0.1', false],
    ['manager.lan', '192.168.1.20', true],
    ['manager.lan', '127.0.0.1', false],
    ['manager.lan', '::ffff:127.0.0.1', false],
    ['manager.lan', '169.254.169.254', false],
    ['manager.lan', '0.0.0.0', false],
    ['manager.lan', 'fe80::1', false],
  ])('to %s may be connected to %s: %s', (host, address, expected) => {
    expect(policy.allowsAddress(host, address)).toBe(expected)
  })

  test('to a listed name that turns to loopback reach nothing that listens there', async () => {
    let connections = 0
    const server = createServer(() => {
      connections += 1
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    // every system resolves names below localhost to loopback by itself
    const listed = createCallbackPolicy({ allow: ['rebound.localhost'] })
    const sender = createCallbackSender({ policy: listed, timeoutMs: 1_000, secret: undefined, nowMs: Date.now })

    const outcome = await sender.send(`http://rebound.localhost:${port}/`, '{}')

    expect(outcome.kind).toBe('unreachable')
    expect(connections).toBe(0)
    sender.close()
    server.close()
  })
})
