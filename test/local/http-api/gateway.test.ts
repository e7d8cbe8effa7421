import { describe, expect, test } from 'vitest'
import { openHttpApi } from './set-up.ts'

const json = { 'content-type': 'application/json' }

describe('what a function is given', () => {
  test('is the event of payload format 2.0', async () => {
    const { url, events } = await openHttpApi({ routes: [{ routeKey: 'POST /devices/{id}' }] })

    await fetch(`${url}/devices/d%201?a=1&a=2&b=x%20y`, {
      method: 'POST',
      headers: { ...json, cookie: 'one=1; two=2', 'user-agent': 'test' },
      body: '{"a":1}',
    })

    expect(events).toMatchObject([
      {
        version: '2.0',
        routeKey: 'POST /devices/{id}',
        rawPath: '/devices/d%201',
        rawQueryString: 'a=1&a=2&b=x%20y',
        cookies: ['one=1', 'two=2'],
        headers: { 'content-type': 'application/json', 'x-forwarded-for': '127.0.0.1' },
        queryStringParameters: { a: '1,2', b: 'x y' },
        pathParameters: { id: 'd 1' },
        requestContext: {
          accountId: 'anonymous',
          apiId: 'api1',
          domainName: '127.0.0.1',
          http: {
            method: 'POST',
            path: '/devices/d%201',
            protocol: 'HTTP/1.1',
            sourceIp: '127.0.0.1',
            userAgent: 'test',
          },
          routeKey: 'POST /devices/{id}',
          stage: '$default',
          time: '21/Nov/2026:12:00:00 +0000',
          timeEpoch: Date.UTC(2026, 10, 21, 12),
        },
        body: '{"a":1}',
        isBase64Encoded: false,
      },
    ])
  })

  test('has a body of another type as base64', async () => {
    const { url, events } = await openHttpApi({ routes: [{}] })
    await fetch(url, { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: '\x00\x01' })

    expect(events).toMatchObject([{ body: 'AAE=', isBase64Encoded: true }])
  })

  test('has no body, query or parameters where there are none', async () => {
    const { url, events } = await openHttpApi({ routes: [{}] })
    await fetch(`${url}/x`)

    for (const absent of ['body', 'queryStringParameters', 'pathParameters', 'stageVariables', 'cookies']) {
      expect(events[0]).not.toHaveProperty(absent)
    }
  })

  test('has the stage in its path when the stage has a name', async () => {
    const { url, events } = await openHttpApi({
      routes: [{ routeKey: 'GET /x' }],
      stages: { test: { variables: { a: 'b' } } },
    })

    expect((await fetch(`${url}/test/x`)).status).toBe(200)
    expect((await fetch(`${url}/x`)).status).toBe(404)
    expect(events).toMatchObject([
      { rawPath: '/test/x', requestContext: { stage: 'test' }, stageVariables: { a: 'b' } },
    ])
  })
})

describe('what a caller is answered', () => {
  test.each([
    ['an object', { a: 1 }, 200, 'application/json', '{"a":1}'],
    ['a text', 'hello', 200, 'application/json', 'hello'],
    ['nothing', null, 200, 'application/json', 'null'],
    [
      'a whole answer',
      { statusCode: 201, headers: { 'X-A': 'b' }, body: 'made' },
      201,
      'text/plain;charset=UTF-8',
      'made',
    ],
    ['base64', { statusCode: 200, body: 'aGk=', isBase64Encoded: true }, 200, 'text/plain;charset=UTF-8', 'hi'],
    ['a status that is none', { statusCode: 'x' }, 500, 'application/json', '{"message":"Internal Server Error"}'],
  ])('%s', async (_, payload, status, type, body) => {
    const { url } = await openHttpApi({ routes: [{}], answer: async () => ({ payload }) })

    const response = await fetch(url)

    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([status, type, body])
  })

  test('cookies, each in a header of its own', async () => {
    const { url } = await openHttpApi({
      routes: [{}],
      answer: async () => ({ payload: { statusCode: 204, cookies: ['a=1; Secure', 'b=2'] } }),
    })

    expect((await fetch(url)).headers.getSetCookie()).toEqual(['a=1; Secure', 'b=2'])
  })

  test.each([
    ['a path without a route', 404, 'Not Found', '/nowhere'],
    ['an API that is not there', 404, 'Not Found', '/../other/x'],
  ])('%s', async (_, status, message, path) => {
    const { url } = await openHttpApi({ routes: [{ routeKey: 'GET /x' }] })

    const response = await fetch(`${url}${path}`)

    expect([response.status, await response.json()]).toEqual([status, { message }])
  })

  test('a body that is too large', async () => {
    const { url, events } = await openHttpApi({ routes: [{}] })

    const response = await fetch(url, { method: 'POST', body: Buffer.alloc(10 * 1024 * 1024 + 1) })

    expect([response.status, events]).toEqual([413, []])
  })

  test('a function that fails, cannot be had, or takes too long', async () => {
    const failing = await openHttpApi({
      routes: [{}],
      answer: async () => ({ payload: { errorType: 'Error' }, functionError: 'Unhandled' }),
    })
    const throttled = await openHttpApi({ routes: [{}], answer: () => Promise.reject(new Error('no capacity')) })
    const hanging = await openHttpApi({ routes: [{}], timeoutMs: 1, answer: () => new Promise(() => {}) })

    expect((await fetch(failing.url)).status).toBe(500)
    expect((await fetch(throttled.url)).status).toBe(503)
    expect((await fetch(hanging.url)).status).toBe(503)
  })

  test('a function that the gateway may not invoke, which the log tells', async () => {
    const { url, log, events } = await openHttpApi({
      routes: [{ routeKey: 'GET /x' }],
      sourceArn: 'arn:aws:execute-api:us-east-1:000000000000:api1/*/POST/x',
    })

    expect((await fetch(`${url}/x`)).status).toBe(500)
    expect(events).toEqual([])
    expect(log).toMatchObject([{ event: 'access_denied', action: 'lambda:InvokeFunction' }])
  })

  test('requests over the limit of a route, until its bucket fills again', async () => {
    const { url, clock } = await openHttpApi({
      routes: [{ routeKey: 'GET /x' }, {}],
      stages: { $default: { routeThrottles: { 'GET /x': { rateLimit: 2, burstLimit: 2 } } } },
    })
    const statuses = async (count: number) => {
      const found: number[] = []
      for (let index = 0; index < count; index += 1) found.push((await fetch(`${url}/x`)).status)
      return found
    }

    expect(await statuses(3)).toEqual([200, 200, 429])
    expect((await fetch(`${url}/other`)).status).toBe(200)
    clock.nowMs += 500
    expect(await statuses(2)).toEqual([200, 429])
  })

  test('a page of another host', async () => {
    const { url, events } = await openHttpApi({ routes: [{}] })

    expect((await fetch(url, { headers: { origin: 'https://example.com' } })).status).toBe(403)
    expect(events).toEqual([])
  })
})

describe('a route that is signed for IAM', () => {
  const routes = [{ routeKey: 'POST /x/{id}', authorizationType: 'AWS_IAM' as const }]
  const PATH = '/x/a%20b?q=1&p=2%2F3'

  test('tells the function who signed', async () => {
    const { url, events, sign, iam } = await openHttpApi({ routes })
    const headers = await sign('POST', PATH, '{}')

    const response = await fetch(`${url}${PATH}`, { method: 'POST', headers, body: '{}' })

    expect(response.status).toBe(200)
    expect(events).toMatchObject([
      {
        requestContext: {
          accountId: '000000000000',
          authorizer: {
            iam: {
              accessKey: iam.developerCredentials.accessKeyId,
              accountId: '000000000000',
              userArn: 'arn:aws:iam::000000000000:user/developer',
              cognitoIdentity: null,
            },
          },
        },
      },
    ])
  })

  test.each<
    [string, { body?: string; path?: string; header?: Record<string, string>; sign?: object; waitMs?: number }]
  >([
    ['another body', { body: '{"a":1}' }],
    ['another query', { path: '/x/a%20b?q=2&p=2%2F3' }],
    ['another path', { path: '/x/a%20c?q=1&p=2%2F3' }],
    ['a header that was changed', { header: { 'content-type': 'text/plain' } }],
    ['a signature for another service', { sign: { service: 'iotdata' } }],
    ['a signature of long ago', { waitMs: 301_000 }],
    [
      'unknown credentials',
      { sign: { credentials: { accessKeyId: 'ASIAAAAAAAAAAAAAAAAA', secretAccessKey: 's', sessionToken: 't' } } },
    ],
  ])('refuses %s', async (_, change) => {
    const { url, events, log, sign, clock } = await openHttpApi({ routes })
    const headers = await sign('POST', PATH, '{}', change.sign)
    clock.nowMs += change.waitMs ?? 0

    const response = await fetch(`${url}${change.path ?? PATH}`, {
      method: 'POST',
      headers: { ...headers, ...change.header },
      body: change.body ?? '{}',
    })

    expect([response.status, await response.json()]).toEqual([403, { message: 'Forbidden' }])
    expect(events).toEqual([])
    expect(log).toMatchObject([{ event: 'access_denied', action: 'execute-api:Invoke' }])
  })

  test('refuses the right credentials with a secret that is not theirs, and no signature at all', async () => {
    const { url, sign, iam } = await openHttpApi({ routes })
    const headers = await sign('POST', PATH, '{}', {
      credentials: { ...iam.developerCredentials, secretAccessKey: 'guessed' },
    })

    expect((await fetch(`${url}${PATH}`, { method: 'POST', headers, body: '{}' })).status).toBe(403)
    expect((await fetch(`${url}${PATH}`, { method: 'POST', body: '{}' })).status).toBe(403)
  })

  test('lets a role in that has the right to this route, and no other', async () => {
    const { url, sign, iam } = await openHttpApi({ routes })
    const arn = 'arn:aws:iam::000000000000:role/caller'
    const statement = {
      Effect: 'Allow',
      Action: 'execute-api:Invoke',
      Resource: 'arn:aws:execute-api:us-east-1:000000000000:api1/$default/POST/x/mine',
    }
    iam.defineRole({
      roleName: 'caller',
      arn,
      managedPolicyArns: [],
      inlinePolicies: [{ PolicyName: 'p', PolicyDocument: { Version: '2012-10-17', Statement: [statement] } }],
      assumeRolePolicy: { Version: '2012-10-17', Statement: [] },
    })
    const credentials = iam.credentialsFor(arn, 'session')
    const statusOf = async (path: string) => {
      const headers = await sign('POST', path, '{}', { credentials })
      return (await fetch(`${url}${path}`, { method: 'POST', headers, body: '{}' })).status
    }

    expect(await statusOf('/x/mine')).toBe(200)
    expect(await statusOf('/x/yours')).toBe(403)
  })
})
