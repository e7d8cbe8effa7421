import { describe, expect, test } from 'vitest'
import { flatText, synthesizeStack } from './synthesized.ts'

const { resources } = synthesizeStack()
/** What is of the token service, by the logical id. */
const propertiesOf = (type: string) =>
  Object.entries(resources(type))
    .filter(([id]) => !/^AWS::(ApiGatewayV2|Lambda)/.test(type) || /TokenService|tokens/.test(id))
    .map(([, { Properties }]) => Properties)

describe('the token service', () => {
  const routes = propertiesOf('AWS::ApiGatewayV2::Route')

  test('takes what IAM has signed, and client keys, which its function checks', () => {
    expect(routes.map(({ RouteKey, AuthorizationType }) => [RouteKey, AuthorizationType])).toEqual([
      ['POST /tokens', 'AWS_IAM'],
      ['POST /device-tokens', 'NONE'],
    ])
  })

  test('limits each of its routes, and what has no route', () => {
    const [stage] = propertiesOf('AWS::ApiGatewayV2::Stage')
    const limited = { ThrottlingRateLimit: expect.any(Number), ThrottlingBurstLimit: expect.any(Number) }

    expect(stage).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: limited,
      RouteSettings: Object.fromEntries(routes.map(({ RouteKey }) => [RouteKey, limited])),
    })
  })

  test('writes an access log without headers, bodies and queries', () => {
    const [stage] = propertiesOf('AWS::ApiGatewayV2::Stage')
    const { Format } = (stage?.AccessLogSettings ?? {}) as { Format: string }

    expect(Object.values(JSON.parse(Format) as Record<string, string>).join(' ')).not.toMatch(/header|body|query|path/i)
    expect(JSON.parse(Format)).toMatchObject({ caller: '$context.identity.userArn' })
  })

  test('lets the gateway invoke its function for these routes alone', () => {
    const permissions = propertiesOf('AWS::Lambda::Permission').filter(
      ({ Principal }) => Principal === 'apigateway.amazonaws.com',
    )
    const sources = permissions.map(({ SourceArn }) => flatText(SourceArn).replace(/<TokenService[^>]*>/, '<api>'))

    expect(permissions).toMatchObject([
      { SourceAccount: { Ref: 'AWS::AccountId' } },
      { SourceAccount: { Ref: 'AWS::AccountId' } },
    ])
    expect(sources).toEqual([
      'arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<api>/*/POST/tokens',
      'arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<api>/*/POST/device-tokens',
    ])
  })

  test('asks for payload format 2.0, and has no CORS', () => {
    const integrations = propertiesOf('AWS::ApiGatewayV2::Integration')

    expect(integrations).toHaveLength(routes.length)
    for (const integration of integrations) {
      expect(integration).toMatchObject({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' })
    }
    for (const api of propertiesOf('AWS::ApiGatewayV2::Api')) expect(api).not.toHaveProperty('CorsConfiguration')
  })
})

test('every role of the fleet has a thing group, which the command line knows it by', () => {
  const names = propertiesOf('AWS::IoT::ThingGroup').map(({ ThingGroupName }) => ThingGroupName)

  expect(names).toEqual(['agent', 'observer', 'operator'].map((role) => `mqtt-cloud-bridge-dev-${role}`))
})
