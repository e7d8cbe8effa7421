import { once } from 'node:events'
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import {
  ApiError,
  type ApiServerOptions,
  createApiServer,
  createCfnResponses,
  type ServiceHandler,
} from '#local/aws-api/index.ts'
import { createIam, type Iam } from '#local/iam/index.ts'

const roleArn = 'arn:aws:iam::000000000000:role/Reader'
const session = 'arn:aws:sts::000000000000:assumed-role/Reader/F'

let logged: Record<string, unknown>[] = []
afterEach(() => {
  logged = []
})

const echo: ServiceHandler = {
  protocol: 'json1.1',
  actionsFor: (one) => [{ action: 'echo:Say', resource: `arn:aws:echo:::${String(one.json().Name ?? '*')}` }],
  async handle(one) {
    if (one.json().Name === 'broken') throw new Error('disk on fire')
    if (one.json().Name === 'missing')
      throw new ApiError('ResourceNotFoundException', 400, 'not there', { Hint: 'look' })
    return {
      status: 200,
      body: JSON.stringify({ caller: one.caller.arn, target: one.target, path: one.path, query: [...one.query] }),
    }
  },
}
const rest: ServiceHandler = {
  ...echo,
  protocol: 'rest-json',
  unknownClientCode: 'InvalidClientTokenId',
  accessDeniedCode: 'ForbiddenException',
}

function iamWithReader(): Iam {
  const iam = createIam()
  const statement = [
    {
      Effect: 'Allow',
      Action: 'echo:Say',
      Resource: ['arn:aws:echo:::hello', 'arn:aws:echo:::broken', 'arn:aws:echo:::missing'],
    },
    { Effect: 'Deny', Action: 'echo:*', Resource: 'arn:aws:echo:::secret' },
  ]
  iam.defineRole({
    roleName: 'Reader',
    arn: roleArn,
    managedPolicyArns: [],
    inlinePolicies: [{ PolicyName: 'P', PolicyDocument: { Version: '2012-10-17', Statement: statement } }],
    assumeRolePolicy: { Version: '2012-10-17', Statement: [] },
  })
  return iam
}

async function start(more: Partial<ApiServerOptions> = {}) {
  const iam = iamWithReader()
  const server = await createApiServer({
    services: { echo, rest },
    identify: iam.identify,
    authorize: iam.authorize,
    log: (entry) => logged.push(entry),
    ...more,
  })
  onTestFinished(() => server.close())
  const { accessKeyId, sessionToken } = iam.credentialsFor(roleArn, 'F')
  const signed = (scope = 'echo', key = accessKeyId): OutgoingHttpHeaders => ({
    authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260101/eu-west-1/${scope}/aws4_request, SignedHeaders=host, Signature=0`,
    'x-amz-security-token': sessionToken,
  })
  async function send(options: { method?: string; path?: string; headers?: OutgoingHttpHeaders; body?: string }) {
    const { method = 'POST', path = '/', headers = signed(), body } = options
    const outgoing = request({ port: server.port, host: '127.0.0.1', method, path, headers })
    outgoing.end(body)
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
    const content = await text(response)
    return {
      status: response.statusCode,
      headers: response.headers,
      body: content === '' ? undefined : (JSON.parse(content) as unknown),
    }
  }
  return { server, send, signed }
}

const hello = '{"Name":"hello"}'

describe('createApiServer', () => {
  test('finds service and caller in the credential scope', async () => {
    const { send, signed } = await start()

    const response = await send({
      path: '/a%2Fb?x=1',
      body: hello,
      headers: { ...signed(), 'x-amz-target': 'Echo.Say' },
    })

    expect(response).toMatchObject({
      status: 200,
      body: { caller: session, target: 'Echo.Say', path: '/a%2Fb', query: [['x', '1']] },
    })
    expect(response.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('denies in the words of AWS and logs caller, action and resource', async () => {
    const { send } = await start()

    expect(await send({ body: '{"Name":"other"}' })).toMatchObject({
      status: 400,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: {
        __type: 'AccessDeniedException',
        message: `User: ${session} is not authorized to perform: echo:Say on resource: arn:aws:echo:::other because no identity-based policy allows the echo:Say action`,
      },
    })
    expect(logged).toEqual([
      {
        level: 'warn',
        event: 'access_denied',
        caller: session,
        action: 'echo:Say',
        resource: 'arn:aws:echo:::other',
        decision: 'implicitDeny',
        statement: undefined,
      },
    ])
  })

  test('says when the denial is explicit, in the shape of a REST service', async () => {
    const { send, signed } = await start()

    expect(await send({ body: '{"Name":"secret"}', headers: signed('rest') })).toMatchObject({
      status: 403,
      headers: { 'x-amzn-errortype': 'ForbiddenException' },
      body: {
        message: `User: ${session} is not authorized to perform: echo:Say on resource: arn:aws:echo:::secret with an explicit deny in an identity-based policy`,
      },
    })
  })

  test.each([
    ['echo', 'UnrecognizedClientException'],
    ['rest', 'InvalidClientTokenId'],
  ])('refuses unknown credentials for %s', async (scope, code) => {
    const { send, signed } = await start()

    expect(await send({ body: hello, headers: signed(scope, 'ASIAAAAAAAAAAAAAAAAA') })).toMatchObject({
      status: 403,
      headers: { 'x-amzn-errortype': code },
      body: { message: 'The security token included in the request is invalid.' },
    })
  })

  test('refuses a session token that belongs to other credentials', async () => {
    const { send, signed } = await start()

    expect(await send({ body: hello, headers: { ...signed(), 'x-amz-security-token': 'other' } })).toMatchObject({
      status: 403,
    })
  })

  test.each([
    ['no signature', {}, 403, 'MissingAuthenticationTokenException'],
    ['another algorithm', { authorization: 'Basic abc' }, 403, 'IncompleteSignatureException'],
    ['a broken scope', { authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c' }, 403, 'IncompleteSignatureException'],
  ])('refuses %s', async (_title, headers, status, code) => {
    const { send } = await start()

    expect(await send({ headers, body: hello })).toMatchObject({ status, headers: { 'x-amzn-errortype': code } })
  })

  test('names the services there are when another is asked for', async () => {
    const { send, signed } = await start()

    expect(await send({ headers: signed('s3') })).toMatchObject({
      status: 404,
      body: { message: 'no local service is named s3; there are: echo, rest' },
    })
  })

  test.each([
    ['Host', { host: 'evil.example' }],
    ['Host with a loopback prefix', { host: '127.0.0.1.evil.example' }],
    ['Origin', { origin: 'https://evil.example' }],
    ['opaque Origin', { origin: 'null' }],
  ])('refuses a foreign %s, also without signature', async (_title, headers) => {
    const { send, signed } = await start()

    expect(await send({ body: hello, headers: { ...signed(), ...headers } })).toMatchObject({ status: 403 })
    expect(await send({ method: 'GET', path: '/health', headers })).toMatchObject({ status: 403 })
  })

  test.each([{ host: 'localhost:1' }, { host: '[::1]:1' }, { origin: 'http://localhost:3000' }])(
    'accepts %o',
    async (headers) => {
      const { send, signed } = await start()

      expect(await send({ body: hello, headers: { ...signed(), ...headers } })).toMatchObject({ status: 200 })
    },
  )

  test('writes an error of a service in its protocol', async () => {
    const { send } = await start()

    expect(await send({ body: '{"Name":"missing"}' })).toMatchObject({
      status: 400,
      body: { __type: 'ResourceNotFoundException', message: 'not there', Hint: 'look' },
    })
  })

  test('hides an unexpected failure from the caller and logs it', async () => {
    const { send } = await start()

    expect(await send({ body: '{"Name":"broken"}' })).toMatchObject({
      status: 500,
      body: { __type: 'InternalServerError', message: 'internal error of the local runtime' },
    })
    expect(logged).toMatchObject([{ level: 'error', event: 'api_failure', message: 'disk on fire' }])
  })

  test.each(['{', '[]', '1'])('refuses the body %s', async (body) => {
    const { send } = await start()

    expect(await send({ body })).toMatchObject({ status: 400, body: { __type: 'SerializationException' } })
  })

  test('refuses a body over 16 MB, announced or not', async () => {
    const { send, signed, server } = await start()
    const announced = request({
      port: server.port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { ...signed(), 'content-length': 16 * 1024 * 1024 + 1 },
    })
    announced.on('error', () => {})
    announced.flushHeaders()
    const [response] = (await once(announced, 'response')) as [IncomingMessage]
    announced.destroy()
    expect(response.statusCode).toBe(413)

    const chunked = request({ port: server.port, host: '127.0.0.1', method: 'POST', headers: signed() })
    chunked.on('error', () => {})
    const answered = once(chunked, 'response') as Promise<[IncomingMessage]>
    chunked.write(Buffer.alloc(16 * 1024 * 1024 + 1))
    const [refused] = await answered
    chunked.destroy()
    expect(refused.statusCode).toBe(413)

    expect(await send({ body: hello })).toMatchObject({ status: 200 })
  })

  test('answers /health without a signature', async () => {
    const { send } = await start()

    expect(await send({ method: 'GET', path: '/health', headers: {} })).toMatchObject({
      status: 200,
      body: { status: 'ok' },
    })
  })

  test('rejects when the port is taken', async () => {
    const { server } = await start()

    await expect(start({ port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('closes twice without harm', async () => {
    const { server } = await start()
    await server.close()

    await expect(server.close()).resolves.toBeUndefined()
  })
})

describe('custom resource responses', () => {
  test('takes one response on a random path', async () => {
    const responses = createCfnResponses()
    const { send } = await start({ routes: [responses.route] })
    const expected = responses.expect()
    const put = { method: 'PUT', path: expected.path, headers: {}, body: '{"Status":"SUCCESS"}' }

    expect(await send(put)).toMatchObject({ status: 200 })
    await expect(expected.response).resolves.toEqual({ Status: 'SUCCESS' })
    expect(await send(put)).toMatchObject({ status: 404 })
  })

  test('refuses unknown paths and bodies over 4,096 bytes', async () => {
    const responses = createCfnResponses()
    const { send } = await start({ routes: [responses.route] })
    const expected = responses.expect()

    expect(await send({ method: 'PUT', path: '/cfn-response/guess', headers: {}, body: '{}' })).toMatchObject({
      status: 404,
    })
    expect(
      await send({ method: 'PUT', path: expected.path, headers: {}, body: `"${'x'.repeat(4096)}"` }),
    ).toMatchObject({ status: 413 })

    expected.cancel(new Error('timed out'))
    await expect(expected.response).rejects.toThrow('timed out')
    expect(await send({ method: 'PUT', path: expected.path, headers: {}, body: '{}' })).toMatchObject({ status: 404 })
  })
})
