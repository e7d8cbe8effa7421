import { describe, expect, test } from 'vitest'
import { answer, createGate, request, statement } from './set-up.ts'

const http = { headers: { host: 'localhost:8443', 'x-a': 'b' }, queryString: '?x=1' }

describe('the host name decides among the endpoints of a listener', () => {
  function twoNames() {
    const made = createGate()
    const { registry, authorizer, domain } = made
    registry.domains.set('other', { ...domain, name: 'other', domainName: 'other.example', defaultAuthorizerName: 'b' })
    registry.authorizers.set('b', { ...authorizer, name: 'b', functionArn: `${authorizer.functionArn}-b` })
    const connect = (serverName: string | undefined) =>
      made.gate.authenticate({
        ...request,
        transport: { remoteAddress: '127.0.0.1', ...(serverName !== undefined && { serverName }) },
      })
    return { ...made, connect }
  }

  test.each([
    ['localhost', 'authorizer'],
    ['other.example', 'authorizer-b'],
    ['OTHER.example', 'authorizer-b'],
    [undefined, 'authorizer'],
  ])('%s is decided by %s', async (serverName, functionName) => {
    const { connect, invoked } = twoNames()

    await connect(serverName)

    expect(invoked.map(({ functionArn }) => functionArn.split(':').at(-1))).toEqual([functionName])
  })

  test('a name of nobody reaches no authorizer', async () => {
    const { connect, invoked } = twoNames()

    expect(await connect('evil.example')).toEqual({
      ok: false,
      reason: 'no domain configuration of this endpoint has the host name evil.example',
    })
    expect(invoked).toEqual([])
  })
})

describe('a WebSocket', () => {
  function createWss(options: Parameters<typeof createGate>[0] = {}) {
    const made = createGate(options)
    made.registry.domains.set('wss', { ...made.domain, name: 'wss', applicationProtocol: 'MQTT_WSS' })
    const transport = { remoteAddress: '127.0.0.1', serverName: 'localhost', listener: 'wss', http }
    return { ...made, transport }
  }

  test('shows the authorizer its request as well', async () => {
    const { gate, invoked, transport } = createWss()

    await gate.authenticate({ ...request, transport })

    expect(invoked[0]?.event).toMatchObject({
      protocols: ['tls', 'http', 'mqtt'],
      protocolData: { tls: { serverName: 'localhost' }, http, mqtt: { clientId: 'lamp-1' } },
    })
  })

  test.each([
    ['a header', { headers: { 'x-amz-customauthorizer-name': 'lenient' }, queryString: '' }],
    ['the query', { headers: {}, queryString: '?x-amz-customauthorizer-name=lenient' }],
  ])('names its authorizer in %s', async (_, facts) => {
    const { gate, registry, authorizer, domain, invoked, transport } = createWss()
    registry.domains.set('wss', { ...domain, applicationProtocol: 'MQTT_WSS', allowAuthorizerOverride: true })
    registry.authorizers.set('lenient', { ...authorizer, name: 'lenient', functionArn: 'arn:aws:lambda:::function:l' })

    await gate.authenticate({ ...request, transport: { ...transport, http: facts } })

    expect(invoked.map(({ functionArn }) => functionArn)).toEqual(['arn:aws:lambda:::function:l'])
  })

  test('is not served by an endpoint for plain MQTT', async () => {
    const { gate } = createGate()

    const transport = { remoteAddress: '127.0.0.1', serverName: 'localhost', listener: 'wss', http }
    expect(await gate.authenticate({ ...request, transport })).toEqual({
      ok: false,
      reason: 'no enabled domain configuration is for MQTT_WSS with CUSTOM_AUTH',
    })
  })
})

describe('publishing by HTTPS', () => {
  const action = { action: 'iot:Publish', resource: 'arn:aws:iot:us-east-1:000000000000:topic/a' }
  const asked = { requestId: 'r-1', serverName: 'localhost', http, remoteAddress: '127.0.0.1', actions: [action] }

  function createHttps(policyDocuments: unknown[]) {
    const made = createGate({ answer: { ...answer, policyDocuments } })
    made.registry.domains.set('https', { ...made.domain, name: 'https', applicationProtocol: 'HTTPS' })
    return made
  }

  test('asks the authorizer for each request, with no MQTT in the event', async () => {
    const { publishGate, invoked } = createHttps([statement('iot:Publish', 'topic/a')])

    expect(await publishGate(asked)).toEqual({ ok: true, principalId: 'abc123' })
    await publishGate(asked)

    expect(invoked).toHaveLength(2)
    expect(invoked[0]?.event).toEqual({
      signatureVerified: false,
      protocols: ['tls', 'http'],
      protocolData: { tls: { serverName: 'localhost' }, http },
      connectionMetadata: { id: 'r-1' },
    })
  })

  test.each([
    ['another topic', [statement('iot:Publish', 'topic/b')]],
    ['a client id, of which there is none', [statement('iot:Publish', 'topic/${iot:ClientId}')]],
    ['nothing', []],
  ])('is denied with a statement for %s', async (_, documents) => {
    const { publishGate } = createHttps(documents)

    expect(await publishGate(asked)).toMatchObject({ ok: false, reason: expect.stringContaining('implicitDeny') })
  })

  test('needs an endpoint for it', async () => {
    expect(await createGate().publishGate(asked)).toMatchObject({ ok: false })
  })
})
