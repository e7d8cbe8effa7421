import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { flatText, synthesizeStack } from './synthesized.ts'

const { template, resources, logicalId } = synthesizeStack()
const authorizerFunction = logicalId('AWS::Lambda::Function', 'mqtt-cloud-bridge-dev-authorizer"')

describe('endpoints', () => {
  test.each([
    ['mqtt-cloud-bridge-dev-mqtt', 'SECURE_MQTT'],
    ['mqtt-cloud-bridge-dev-wss', 'MQTT_WSS'],
  ])('%s takes %s with the custom authorizer, TLS 1.3 only, and no other authorizer', (name, protocol) => {
    template.hasResourceProperties('AWS::IoT::DomainConfiguration', {
      DomainConfigurationName: name,
      DomainConfigurationStatus: 'ENABLED',
      ServiceType: 'DATA',
      AuthenticationType: 'CUSTOM_AUTH',
      ApplicationProtocol: protocol,
      AuthorizerConfig: {
        DefaultAuthorizerName: 'mqtt-cloud-bridge-dev-authorizer',
        AllowAuthorizerOverride: false,
      },
      TlsConfig: { SecurityPolicy: 'IoTSecurityPolicy_TLS13_1_3_2022_10' },
    })
  })

  test('there are two, and each is created after the authorizer it names', () => {
    const [authorizer = ''] = Object.keys(resources('AWS::IoT::Authorizer'))

    const domains = Object.values(resources('AWS::IoT::DomainConfiguration'))

    expect(domains).toHaveLength(2)
    for (const { DependsOn } of domains) expect(DependsOn).toContain(authorizer)
  })

  test('the one for token and certificate together comes with mutualTls', () => {
    const { template: withCertificates } = synthesizeStack({ mutualTls: 'true' })

    withCertificates.resourceCountIs('AWS::IoT::DomainConfiguration', 3)
    withCertificates.hasResourceProperties('AWS::IoT::DomainConfiguration', {
      DomainConfigurationName: 'mqtt-cloud-bridge-dev-mutual-tls',
      AuthenticationType: 'CUSTOM_AUTH_X509',
      ApplicationProtocol: 'SECURE_MQTT',
      AuthorizerConfig: { AllowAuthorizerOverride: false },
      TlsConfig: { SecurityPolicy: 'IoTSecurityPolicy_TLS13_1_3_2022_10' },
    })
  })
})

describe('authorizer', () => {
  test('is active and takes tokens without a gateway signature', () => {
    template.hasResourceProperties('AWS::IoT::Authorizer', {
      AuthorizerName: 'mqtt-cloud-bridge-dev-authorizer',
      Status: 'ACTIVE',
      SigningDisabled: true,
      AuthorizerFunctionArn: { 'Fn::GetAtt': [authorizerFunction, 'Arn'] },
    })
  })

  test('its function is invoked by this authorizer of this account and by nothing else', () => {
    const permissions = Object.values(resources('AWS::Lambda::Permission')).filter(
      ({ Properties }) => flatText(Properties.FunctionName) === `<${authorizerFunction}.Arn>`,
    )

    expect(permissions.map(({ Properties }) => Properties)).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': [authorizerFunction, 'Arn'] },
        Principal: 'iot.amazonaws.com',
        SourceAccount: { Ref: 'AWS::AccountId' },
        SourceArn: expect.anything(),
      },
    ])
    expect(flatText(permissions[0]?.Properties.SourceArn)).toBe(
      'arn:<AWS::Partition>:iot:<AWS::Region>:<AWS::AccountId>:authorizer/mqtt-cloud-bridge-dev-authorizer',
    )
  })

  test('its function ends within the five seconds that the service waits', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'mqtt-cloud-bridge-dev-authorizer',
      Timeout: 5,
      Environment: { Variables: Match.objectLike({ TOKEN_MAX_LIFETIME_SECONDS: '300', TOPIC_ROOT: 'jamey' }) },
    })
  })
})

test('outputs name what the command line and operators look up', () => {
  const outputs = template.findOutputs('*')

  const values = Object.fromEntries(Object.entries(outputs).map(([key, { Value }]) => [key, flatText(Value)]))

  expect(values).toMatchInlineSnapshot(`
    {
      "AuthorizerName": "mqtt-cloud-bridge-dev-authorizer",
      "CorrelationTable": "<TablesCorrelations688EA4D0>",
      "DeviceTable": "<TablesDevices704C53B1>",
      "DomainConfigurationNames": "<EndpointsMqtt2F7BCACC>,<EndpointsWss01089D4D>",
      "IssuerSecretName": "mqtt-cloud-bridge-dev/issuer",
      "MemoryTable": "<TablesMemories3D5F40C0>",
      "ServerNames": "<ServerNames.ServerNames>",
      "Stage": "dev",
      "StatusTable": "<TablesStatus92EF1A2D>",
      "TopicRoot": "jamey",
    }
  `)
})
