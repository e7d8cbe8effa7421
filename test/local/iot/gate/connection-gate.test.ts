import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkAuthorizerAnswer } from '../../../../local/iot/authorizer-answer.ts'
import { ARN_PREFIX, AUTHORIZER_ARN, answer, createGate, FUNCTION_ARN, refusal, request, statement } from './set-up.ts'

describe('the event of the authorizer', () => {
  test('is that of MQTT over TLS, with the password in base64', async () => {
    const { gate, invoked } = createGate()

    await gate.authenticate(request)

    expect(invoked).toEqual([
      {
        functionArn: FUNCTION_ARN,
        event: {
          signatureVerified: false,
          protocols: ['tls', 'mqtt'],
          protocolData: {
            tls: { serverName: 'localhost' },
            mqtt: { username: 'lamp-1', password: Buffer.from('a token').toString('base64'), clientId: 'lamp-1' },
          },
          connectionMetadata: { id: '5f3b6d1e-7a0c-4c8e-9d55-0a6a2f6c9b11' },
        },
      },
    ])
  })

  test('holds no field that the documented event does not have', async () => {
    const documented = readFileSync(new URL('../../../fixtures/authorizer-event.json', import.meta.url), 'utf8')
    const { gate, invoked } = createGate()

    await gate.authenticate(request)

    const known = new Set(pathsOf(JSON.parse(documented)))
    expect(pathsOf(invoked[0]?.event).filter((path) => !known.has(path))).toEqual([])
  })

  test('leaves out what the client did not send', async () => {
    const { gate, invoked } = createGate()
    const { username: _, password: __, ...rest } = request
    const bare = { ...rest, transport: { remoteAddress: '127.0.0.1' } }

    await gate.authenticate(bare)

    expect(invoked[0]?.event).toMatchObject({ protocolData: { tls: {}, mqtt: { clientId: 'lamp-1' } } })
    expect(Object.keys(Object(invoked[0]?.event).protocolData.mqtt)).toEqual(['clientId'])
  })
})

describe('an answer of the authorizer', () => {
  test('lets in with its principal, its rights and its life', async () => {
    const { gate } = createGate()

    const result = await gate.authenticate({ ...request, persistent: true, willTopic: 'a/b' })

    expect(result).toMatchObject({
      ok: true,
      principalId: 'abc123',
      disconnectAfterSeconds: 300,
      refreshAfterSeconds: 300,
    })
  })

  test('without a life lasts a day, and is not refreshed unless it says so', () => {
    const { disconnectAfterInSeconds: _, refreshAfterInSeconds: __, ...rest } = answer
    const checked = checkAuthorizerAnswer(rest)

    expect(checked).toMatchObject({ ok: true, disconnectAfterSeconds: 86_400 })
    expect(checked).not.toHaveProperty('refreshAfterSeconds')
    expect(checkAuthorizerAnswer({ ...rest, refreshAfterInSeconds: 600 })).toMatchObject({ refreshAfterSeconds: 600 })
  })

  test.each([
    ['no object', 'yes', 'the authorizer answered no object'],
    ['null', null, 'the authorizer answered no object'],
    ['not authenticated', { ...answer, isAuthenticated: false }, 'the authorizer refused'],
    ['authenticated by a text', { ...answer, isAuthenticated: 'true' }, 'the authorizer refused'],
    [
      'a principal with a dash',
      { ...answer, principalId: 'a-b' },
      "the authorizer's principalId does not fit ^[a-zA-Z0-9]{1,128}$",
    ],
    ['no principal', { ...answer, principalId: '' }, 'principalId'],
    ['a principal of 129 characters', { ...answer, principalId: 'a'.repeat(129) }, 'principalId'],
    [
      'a life under five minutes',
      { ...answer, disconnectAfterInSeconds: 299 },
      "the authorizer's disconnectAfterInSeconds is not between 300 and 86400",
    ],
    ['a life over a day', { ...answer, disconnectAfterInSeconds: 86_401 }, 'disconnectAfterInSeconds'],
    ['a life that is null', { ...answer, disconnectAfterInSeconds: null }, 'disconnectAfterInSeconds'],
    ['a refresh as text', { ...answer, refreshAfterInSeconds: '300' }, 'refreshAfterInSeconds'],
    [
      'eleven documents',
      { ...answer, policyDocuments: Array.from({ length: 11 }, () => answer.policyDocuments[0]) },
      "the authorizer's policyDocuments is no list of at most 10",
    ],
    ['one document that is no list', { ...answer, policyDocuments: answer.policyDocuments[0] }, 'is no list'],
    [
      'a document of over 2,048 characters',
      { ...answer, policyDocuments: [statement('iot:Publish', `topic/${'x'.repeat(2_048)}`)] },
      /policy document 0 takes 2\d{3} of 2048 characters/,
    ],
    [
      'a document that the service would not take',
      {
        ...answer,
        policyDocuments: [answer.policyDocuments[0], { Version: '2012-10-17', Statement: [{ Effect: 'Maybe' }] }],
      },
      /policy document 1: .*Effect/,
    ],
  ])('that is faulty lets nobody in: %s', async (_, faulty, reason) => {
    expect(await refusal({ answer: faulty })).toMatch(reason)
  })

  test('may give no rights at all, and then everything is denied', async () => {
    const { gate } = createGate({ answer: { ...answer, policyDocuments: [] } })

    const result = await gate.authenticate(request)

    if (!result.ok) throw new Error(result.reason)
    const client = { clientId: 'lamp-1', principalId: 'abc123' }
    expect(gate.authorize({ action: 'connect', name: 'lamp-1', client, authorization: result.session })).toEqual({
      allowed: false,
      reason: `implicitDeny: iot:Connect on ${ARN_PREFIX}:client/lamp-1 (no statement matches)`,
    })
  })

  test('that is an error of the function refuses with its kind', async () => {
    expect(await refusal({ functionError: 'TypeError' })).toBe('the authorizer failed: TypeError')
  })
})

describe('which authorizer decides', () => {
  test('the default one of the endpoint, if its permission names it as source', async () => {
    const { gate, asked } = createGate()

    await gate.authenticate(request)

    expect(asked).toEqual([{ functionArn: FUNCTION_ARN, sourceArn: AUTHORIZER_ARN }])
    expect(await refusal({ mayInvoke: false })).toBe(
      `${AUTHORIZER_ARN} may not invoke ${FUNCTION_ARN}: it has no permission for it`,
    )
  })

  test('a user name may name the default one', async () => {
    const { gate } = createGate()

    const result = await gate.authenticate({ ...request, username: 'lamp-1?x-amz-customauthorizer-name=tokens' })

    expect(result.ok).toBe(true)
  })

  test('a user name may name no other one', async () => {
    expect(await refusal({}, { username: 'lamp-1?x-amz-customauthorizer-name=lenient' })).toBe(
      'domain configuration mqtt does not let clients name another authorizer',
    )
  })

  test('unless the endpoint allows it: then the one named, if it is there and active', async () => {
    const { gate, registry, domain, invoked, authorizer } = createGate()
    const username = 'lamp-1?x-amz-customauthorizer-name=lenient&other=1'
    registry.domains.set('mqtt', { ...domain, allowAuthorizerOverride: true })

    const missing = await gate.authenticate({ ...request, username })
    registry.authorizers.set('lenient', { ...authorizer, name: 'lenient', functionArn: `${FUNCTION_ARN}-lenient` })
    const present = await gate.authenticate({ ...request, username })

    expect(missing).toEqual({ ok: false, reason: 'there is no active authorizer lenient' })
    expect(present.ok).toBe(true)
    expect(invoked.map(({ functionArn }) => functionArn)).toEqual([`${FUNCTION_ARN}-lenient`])
  })

  test('an inactive one decides nothing', async () => {
    const { gate, registry, authorizer, invoked } = createGate()
    registry.authorizers.set('tokens', { ...authorizer, isActive: false })

    expect(await gate.authenticate(request)).toEqual({ ok: false, reason: 'there is no active authorizer tokens' })
    expect(invoked).toEqual([])
  })

  test.each([
    ['disabled', { isEnabled: false }],
    ['for WebSockets', { applicationProtocol: 'MQTT_WSS' }],
    ['for certificates', { authenticationType: 'AWS_X509' }],
  ])('an endpoint that is %s takes no MQTT with a token', async (_, change) => {
    const { gate, registry, domain } = createGate()
    registry.domains.set('mqtt', { ...domain, ...change })

    expect(await gate.authenticate(request)).toEqual({
      ok: false,
      reason: 'no enabled domain configuration is for SECURE_MQTT with CUSTOM_AUTH',
    })
  })
})

test.each([
  ['connect', 'lamp-1', 'iot:Connect', 'client/lamp-1'],
  ['publish', 'a/b', 'iot:Publish', 'topic/a/b'],
  ['retainPublish', 'a/b', 'iot:RetainPublish', 'topic/a/b'],
  ['subscribe', 'a/+', 'iot:Subscribe', 'topicfilter/a/+'],
  ['receive', 'a/b', 'iot:Receive', 'topic/a/b'],
] as const)(
  '%s of %s needs %s on %s, and the decision names the statement',
  async (action, name, iotAction, resource) => {
    const { gate } = createGate({ answer: { ...answer, policyDocuments: [statement(iotAction, resource)] } })
    const result = await gate.authenticate(request)
    if (!result.ok) throw new Error(result.reason)

    const decision = gate.authorize({
      action,
      name,
      client: { clientId: 'lamp-1', principalId: 'abc123' },
      authorization: result.session,
    })

    expect(decision).toEqual({
      allowed: true,
      reason: `allowed: ${iotAction} on ${ARN_PREFIX}:${resource} (document 0, statement 0)`,
    })
  },
)

function pathsOf(value: unknown, path = ''): string[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [path]
  return Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, `${path}.${name}`))
}
