import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

test('the one for publishing by HTTPS comes with httpsPublish, and its host name is one of ours', () => {
  const { template: withHttps, resources: of } = synthesizeStack({ httpsPublish: 'true' })

  withHttps.resourceCountIs('AWS::IoT::DomainConfiguration', 3)
  withHttps.hasResourceProperties('AWS::IoT::DomainConfiguration', {
    DomainConfigurationName: 'mqtt-cloud-bridge-dev-https',
    AuthenticationType: 'CUSTOM_AUTH',
    ApplicationProtocol: 'HTTPS',
    AuthorizerConfig: { DefaultAuthorizerName: 'mqtt-cloud-bridge-dev-authorizer', AllowAuthorizerOverride: false },
    TlsConfig: { SecurityPolicy: 'IoTSecurityPolicy_TLS13_1_3_2022_10' },
  })
  const [serverNames] = Object.values(of('Custom::BridgeServerNames'))
  expect(serverNames?.Properties.DomainConfigurationNames).toHaveLength(3)
})

test('the one for certificates alone comes with certificateOnly, asks no authorizer, and has the policies of the roles', () => {
  const { template: alone, resources: of } = synthesizeStack({ certificateOnly: 'true' })

  const [domain] = Object.values(of('AWS::IoT::DomainConfiguration')).filter(
    ({ Properties }) => Properties.AuthenticationType === 'AWS_X509',
  )
  expect(domain?.Properties).toMatchObject({
    DomainConfigurationName: 'mqtt-cloud-bridge-dev-certificates',
    ApplicationProtocol: 'SECURE_MQTT',
    TlsConfig: { SecurityPolicy: 'IoTSecurityPolicy_TLS13_1_3_2022_10' },
  })
  expect(domain?.Properties).not.toHaveProperty('AuthorizerConfig')
  const policies = Object.values(alone.findResources('AWS::IoT::Policy'))
  expect(policies.length).toBeGreaterThan(0)
  for (const { Properties } of policies) expect(JSON.stringify(Properties)).toContain('["ServerNames","ServerName2"]')
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

  test('with public keys takes only tokens that one of them verifies, under a name of its own', () => {
    const keys = [1, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey)
    const pems = keys.map((key) => key.export({ type: 'spki', format: 'pem' }).toString())
    using file = temporaryFile(pems.join(''))

    const { template: signing } = synthesizeStack({ tokenSigningKeysFile: file.path })

    const [authorizer] = Object.values(signing.findResources('AWS::IoT::Authorizer'))
    expect(authorizer?.Properties).toMatchObject({
      AuthorizerName: 'mqtt-cloud-bridge-dev-signing-authorizer',
      SigningDisabled: false,
      TokenKeyName: 'token',
    })
    const given = Object.entries(authorizer?.Properties.TokenSigningPublicKeys)
    expect(given.map(([, pem]) => pem)).toEqual(pems)
    for (const [name] of given) expect(name).toMatch(/^key-[\da-f]{16}$/)
    signing.allResourcesProperties('AWS::IoT::DomainConfiguration', {
      AuthorizerConfig: Match.objectLike({ DefaultAuthorizerName: 'mqtt-cloud-bridge-dev-signing-authorizer' }),
    })
    signing.hasResourceProperties('AWS::Lambda::Permission', {
      Principal: 'iot.amazonaws.com',
      SourceArn: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('dev-signing-authorizer$')])] },
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
      "DeviceMasterSecretName": "mqtt-cloud-bridge-dev/device-master",
      "DeviceTable": "<TablesDevices704C53B1>",
      "DomainConfigurationNames": "<EndpointsMqtt2F7BCACC>,<EndpointsWss01089D4D>",
      "IssuerSecretName": "mqtt-cloud-bridge-dev/issuer",
      "MemoryTable": "<TablesMemories3D5F40C0>",
      "PresenceTable": "<TablesPresence7A1F7294>",
      "RequestsUrl": "<DeviceRequestsHttpApiEF375AEF.ApiEndpoint>",
      "RuleTable": "<TablesRulesBDC10675>",
      "ServerNames": "<ServerNames.ServerNames>",
      "Stage": "dev",
      "StatusTable": "<TablesStatus92EF1A2D>",
      "TokenServiceUrl": "<TokenServiceHttpApi67A8D5B9.ApiEndpoint>",
      "TopicRoot": "jamey",
    }
  `)
})

function temporaryFile(text: string): { path: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-endpoints-'))
  const path = join(folder, 'keys.pem')
  writeFileSync(path, text)
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}
