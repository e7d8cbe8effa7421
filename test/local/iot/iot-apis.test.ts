import {
  DescribeDomainConfigurationCommand,
  DescribeThingCommand,
  IoTClient,
  ListThingsCommand,
  ListThingTypesCommand,
  UpdateThingCommand,
} from '@aws-sdk/client-iot'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createApiServer } from '#local/aws-api/index.ts'
import { createIam } from '#local/iam/index.ts'
import { createIotRegistry, iotControlService } from '#local/iot/index.ts'

const ARN_PREFIX = 'arn:aws:iot:us-east-1:000000000000'

/** The control plane on the local server, with the SDK's own clients for a role and for the developer. */
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
  const server = await createApiServer({
    services: {
      iot: iotControlService({ registry, arnPrefix: ARN_PREFIX }),
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
  }
  onTestFinished(async () => {
    for (const client of Object.values(clients)) client.destroy()
    await server.close()
  })
  return { ...clients, registry }
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
