import { request as httpRequest } from 'node:http'
import {
  DescribeDomainConfigurationCommand,
  DescribeThingCommand,
  IoTClient,
  ListThingsCommand,
  ListThingTypesCommand,
  UpdateThingCommand,
} from '@aws-sdk/client-iot'
import {
  IoTDataPlaneClient,
  ListRetainedMessagesCommand,
  PublishCommand,
  type PublishCommandInput,
} from '@aws-sdk/client-iot-data-plane'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createApiServer } from '#local/aws-api/index.ts'
import { createBroker, createMemorySessionStore, type InboundMessage } from '#local/broker/index.ts'
import { createIam } from '#local/iam/index.ts'
import { createIotRegistry, iotControlService, iotDataService } from '#local/iot/index.ts'

const ARN_PREFIX = 'arn:aws:iot:us-east-1:000000000000'

/** Both IoT APIs on the local server, with the SDK's own clients for a role and for the developer. */
async function setUp() {
  const registry = createIotRegistry()
  registry.thingTypes.add('lamp')
  registry.things.set('lamp-1', { thingName: 'lamp-1', attributes: { site: 'roof', role: 'agent' } })
  registry.domains.set('mqtt', {
    name: 'mqtt',
    arn: `${ARN_PREFIX}:domainconfiguration/mqtt/local`,
    domainName: 'localhost',
    authenticationType: 'CUSTOM_AUTH',
    applicationProtocol: 'SECURE_MQTT',
    defaultAuthorizerName: 'tokens',
    allowAuthorizerOverride: false,
    securityPolicy: 'IoTSecurityPolicy_TLS13_1_3_2022_10',
    isEnabled: true,
  })
  const iam = createIam()
  const roleArn = 'arn:aws:iam::000000000000:role/Publisher'
  const allowed = [
    { Effect: 'Allow', Action: 'iot:Publish', Resource: `${ARN_PREFIX}:topic/allowed/*` },
    {
      Effect: 'Allow',
      Action: 'iot:DescribeDomainConfiguration',
      Resource: `${ARN_PREFIX}:domainconfiguration/mqtt/*`,
    },
  ]
  iam.defineRole({
    roleName: 'Publisher',
    arn: roleArn,
    managedPolicyArns: [],
    inlinePolicies: [{ PolicyName: 'P', PolicyDocument: { Version: '2012-10-17', Statement: allowed } }],
    assumeRolePolicy: { Version: '2012-10-17', Statement: [] },
  })
  const published: InboundMessage[] = []
  const broker = createBroker({
    authenticate: async () => ({ ok: false, reason: 'no clients here' }),
    authorize: () => ({ allowed: false, reason: '' }),
    onMessage: async (message) => void published.push(message),
    store: createMemorySessionStore(),
    log() {},
  })
  const server = await createApiServer({
    services: {
      iot: iotControlService({ registry, arnPrefix: ARN_PREFIX }),
      iotdata: iotDataService({ broker: () => broker, arnPrefix: ARN_PREFIX }),
    },
    identify: (accessKeyId, sessionToken) => iam.identify(accessKeyId, sessionToken),
    authorize: (caller, action, resource, context) => iam.authorize(caller, action, resource, context),
    log() {},
  })
  const shared = { endpoint: server.url, region: 'us-east-1', maxAttempts: 1 }
  const roleCredentials = iam.credentialsFor(roleArn, 'publisher')
  const clients = {
    iot: new IoTClient({ ...shared, credentials: iam.developerCredentials }),
    roleIot: new IoTClient({ ...shared, credentials: roleCredentials }),
    data: new IoTDataPlaneClient({ ...shared, credentials: iam.developerCredentials }),
    roleData: new IoTDataPlaneClient({ ...shared, credentials: roleCredentials }),
  }
  onTestFinished(async () => {
    for (const client of Object.values(clients)) client.destroy()
    await server.close()
    await broker.close()
  })
  const { accessKeyId, sessionToken } = iam.developerCredentials
  return { ...clients, registry, published, broker, url: server.url, accessKeyId, sessionToken }
}

describe('control plane', () => {
  test('describes a domain configuration with the host name to connect to', async () => {
    const { iot } = await setUp()

    const { $metadata: _, ...described } = await iot.send(
      new DescribeDomainConfigurationCommand({ domainConfigurationName: 'mqtt' }),
    )

    expect(described).toMatchObject({
      domainConfigurationName: 'mqtt',
      domainName: 'localhost',
      domainConfigurationStatus: 'ENABLED',
      authenticationType: 'CUSTOM_AUTH',
      applicationProtocol: 'SECURE_MQTT',
      authorizerConfig: { defaultAuthorizerName: 'tokens', allowAuthorizerOverride: false },
      tlsConfig: { securityPolicy: 'IoTSecurityPolicy_TLS13_1_3_2022_10' },
    })
  })

  test('describes and lists things', async () => {
    const { iot } = await setUp()

    const thing = await iot.send(new DescribeThingCommand({ thingName: 'lamp-1' }))
    const { things } = await iot.send(new ListThingsCommand({}))

    expect(thing).toMatchObject({ thingName: 'lamp-1', attributes: { site: 'roof', role: 'agent' } })
    expect(things?.map(({ thingName }) => thingName)).toEqual(['lamp-1'])
  })

  test('gives a thing a type, merges attributes, and takes away those set to nothing', async () => {
    const { iot, registry } = await setUp()

    await iot.send(
      new UpdateThingCommand({
        thingName: 'lamp-1',
        thingTypeName: 'lamp',
        attributePayload: { attributes: { color: 'red', site: '' }, merge: true },
      }),
    )

    expect(registry.things.get('lamp-1')).toEqual({
      thingName: 'lamp-1',
      thingTypeName: 'lamp',
      attributes: { role: 'agent', color: 'red' },
    })
  })

  test('replaces all attributes without merge', async () => {
    const { iot, registry } = await setUp()

    await iot.send(new UpdateThingCommand({ thingName: 'lamp-1', attributePayload: { attributes: { color: 'red' } } }))

    expect(registry.things.get('lamp-1')?.attributes).toEqual({ color: 'red' })
  })

  test('a name that is not there is ResourceNotFoundException', async () => {
    const { iot } = await setUp()

    await expect(iot.send(new DescribeThingCommand({ thingName: 'lamp-2' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'no thing is named lamp-2',
    })
    await expect(
      iot.send(new DescribeDomainConfigurationCommand({ domainConfigurationName: 'wss' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await expect(
      iot.send(new UpdateThingCommand({ thingName: 'lamp-1', thingTypeName: 'heater' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: 'no thing type is named heater' })
  })

  test('what the runtime does not know is refused by name, not skipped', async () => {
    const { iot } = await setUp()

    await expect(iot.send(new ListThingTypesCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: 'the local runtime has no control-plane operation GET /thing-types',
    })
    await expect(
      iot.send(new UpdateThingCommand({ thingName: 'lamp-1', removeThingType: true })),
    ).rejects.toMatchObject({ name: 'InvalidRequestException', message: expect.stringContaining('removeThingType') })
  })

  test('a role does what its policy names, by the ARN of the resource, and nothing else', async () => {
    const { roleIot } = await setUp()

    const described = await roleIot.send(new DescribeDomainConfigurationCommand({ domainConfigurationName: 'mqtt' }))

    expect(described.domainName).toBe('localhost')
    await expect(roleIot.send(new DescribeThingCommand({ thingName: 'lamp-1' }))).rejects.toMatchObject({
      name: 'UnauthorizedException',
      message: expect.stringContaining(`iot:DescribeThing on resource: ${ARN_PREFIX}:thing/lamp-1`),
    })
  })
})

describe('data plane', () => {
  test('publishes with every MQTT 5 property that the SDK sends', async () => {
    const { data, published } = await setUp()

    await data.send(
      new PublishCommand({
        topic: 'a/b c/ü',
        payload: new TextEncoder().encode('{"n":1}'),
        qos: 1,
        retain: true,
        responseTopic: 'a/reply',
        contentType: 'application/json',
        correlationData: Buffer.from('c-1').toString('base64'),
        payloadFormatIndicator: 'UTF8_DATA',
        messageExpiry: 60,
        userProperties: JSON.stringify([{ one: '1' }, { more: '2' }, { more: '3' }]),
      }),
    )

    expect(published).toEqual([
      expect.objectContaining({
        topic: 'a/b c/ü',
        payload: Buffer.from('{"n":1}'),
        qos: 1,
        retain: true,
        clientId: 'n/a',
        principalId: 'arn:aws:iam::000000000000:user/developer',
        properties: {
          responseTopic: 'a/reply',
          contentType: 'application/json',
          correlationData: Buffer.from('c-1'),
          payloadFormatIndicator: true,
          messageExpiryInterval: 60,
          userProperties: { one: ['1'], more: ['2', '3'] },
        },
      }),
    ])
  })

  test('publishes an empty payload with QoS 0 by default', async () => {
    const { data, published } = await setUp()

    await data.send(new PublishCommand({ topic: 'a/b' }))

    expect(published).toEqual([expect.objectContaining({ topic: 'a/b', qos: 0, retain: false, properties: {} })])
    expect(published[0]?.payload).toHaveLength(0)
  })

  test('a role publishes where its policy says, and retains only with a grant for that', async () => {
    const { roleData, published } = await setUp()

    await roleData.send(new PublishCommand({ topic: 'allowed/a', qos: 1 }))

    expect(published.map(({ topic }) => topic)).toEqual(['allowed/a'])
    await expect(roleData.send(new PublishCommand({ topic: 'other/a' }))).rejects.toMatchObject({
      name: 'ForbiddenException',
      message: expect.stringContaining(`iot:Publish on resource: ${ARN_PREFIX}:topic/other/a`),
    })
    await expect(roleData.send(new PublishCommand({ topic: 'allowed/a', retain: true }))).rejects.toMatchObject({
      name: 'ForbiddenException',
      message: expect.stringContaining('iot:RetainPublish'),
    })
    expect(published).toHaveLength(1)
  })

  test.each<[string, PublishCommandInput, string]>([
    ['a wildcard in the topic', { topic: 'a/#' }, 'InvalidRequestException'],
    ['eight slashes', { topic: '1/2/3/4/5/6/7/8/9' }, 'InvalidRequestException'],
    ['QoS 2', { topic: 'a/b', qos: 2 }, 'InvalidRequestException'],
    [
      'a payload over 128 KB',
      { topic: 'a/b', payload: Buffer.alloc(128 * 1024 + 1) },
      'RequestEntityTooLargeException',
    ],
  ])('refuses %s', async (_, input, name) => {
    const { data, published } = await setUp()

    const publishing = data.send(new PublishCommand(input))

    await expect(publishing).rejects.toMatchObject({ name })
    expect(published).toEqual([])
  })

  test.each([
    ['a topic that is no UTF-8', '/topics/%E0%A4%A', {}],
    ['user properties that are no JSON', '/topics/a', { 'x-amz-mqtt5-user-properties': 'bm90IGpzb24=' }],
    [
      'user properties that are no list of texts',
      '/topics/a',
      { 'x-amz-mqtt5-user-properties': Buffer.from('[{"a":{"b":1}}]').toString('base64') },
    ],
    ['an expiry that is no number', '/topics/a?messageExpiry=soon', {}],
  ])('refuses %s as the fault of its sender', async (_, path, headers) => {
    const { url, accessKeyId, sessionToken, published } = await setUp()

    const { status, type } = await post(url, path, { accessKeyId, sessionToken, headers })

    expect({ status, type }).toEqual({ status: 400, type: 'InvalidRequestException' })
    expect(published).toEqual([])
  })

  test('what the runtime does not know is refused by name', async () => {
    const { data } = await setUp()

    await expect(data.send(new ListRetainedMessagesCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: 'the local runtime has no data-plane operation GET /retainedMessage',
    })
  })
})

/** What no SDK would send. */
function post(
  url: string,
  path: string,
  options: { accessKeyId: string; sessionToken: string; headers: Record<string, string> },
): Promise<{ status: number | undefined; type: unknown }> {
  const { accessKeyId, sessionToken, headers } = options
  const scope = `${accessKeyId}/20261121/us-east-1/iotdata/aws4_request`
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${url}${path}`,
      {
        method: 'POST',
        headers: {
          ...headers,
          authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
          'x-amz-security-token': sessionToken,
        },
      },
      (response) => {
        response.resume()
        resolve({ status: response.statusCode, type: response.headers['x-amzn-errortype'] })
      },
    )
    request.on('error', reject)
    request.end('{}')
  })
}
