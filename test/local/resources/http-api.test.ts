import { describe, expect, test } from 'vitest'
import type { JsonObject } from '#local/template/index.ts'
import { LOGS, lambdaFunction, role, setUp, type TemplateResources } from './set-up.ts'

/** An API with one route to a function, with changes of properties by logical id. */
function template(changes: Record<string, JsonObject> = {}): TemplateResources {
  const part = (id: string, Type: string, Properties: JsonObject) => [
    id,
    { Type, Properties: { ...Properties, ...changes[id] } },
  ]
  const ApiId = { Ref: 'Api' }
  return {
    Role: role([LOGS]),
    Echo: lambdaFunction('echo'),
    ...Object.fromEntries([
      part('Api', 'AWS::ApiGatewayV2::Api', { Name: 'test', ProtocolType: 'HTTP' }),
      part('Integration', 'AWS::ApiGatewayV2::Integration', {
        ApiId,
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::GetAtt': ['Echo', 'Arn'] },
        PayloadFormatVersion: '2.0',
      }),
      part('Route', 'AWS::ApiGatewayV2::Route', {
        ApiId,
        RouteKey: 'GET /x',
        AuthorizationType: 'AWS_IAM',
        Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
      }),
      [
        'Stage',
        {
          Type: 'AWS::ApiGatewayV2::Stage',
          DependsOn: 'Route',
          Properties: {
            ApiId,
            StageName: '$default',
            AutoDeploy: true,
            RouteSettings: { 'GET /x': { ThrottlingRateLimit: 2, ThrottlingBurstLimit: '3' } },
            ...changes.Stage,
          },
        },
      ],
    ]),
  }
}

async function create(changes?: Record<string, JsonObject>) {
  const system = await setUp()
  system.writeAsset('echo', 'export const handler = async () => 1')
  const stack = await system.create(template(changes))
  return { ...system, stack }
}

test('an API has its routes, integrations and stages, and a URL that stays the same', async () => {
  const first = await create()
  const [api] = [...first.context.httpApis.values()]
  const second = await create()

  expect(api).toMatchObject({ name: 'test', routes: [{ routeKey: 'GET /x', authorizationType: 'AWS_IAM' }] })
  expect([...(api?.integrations.values() ?? [])]).toEqual([
    { functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:echo', timeoutMs: 30_000 },
  ])
  expect(api?.stages.get('$default')?.routeThrottles).toEqual({ 'GET /x': { rateLimit: 2, burstLimit: 3 } })
  expect([...second.context.httpApis.keys()]).toEqual([api?.apiId])
})

describe('what is not emulated stops the start:', () => {
  test.each<[string, Record<string, JsonObject>, RegExp]>([
    ['a WebSocket API', { Api: { ProtocolType: 'WEBSOCKET' } }, /no WebSocket APIs/],
    ['CORS', { Api: { CorsConfiguration: {} } }, /CorsConfiguration/],
    ['payload format 1.0', { Integration: { PayloadFormatVersion: '1.0' } }, /payload 2\.0/],
    ['an integration with a URL', { Integration: { IntegrationUri: 'https://example.com' } }, /no integration with/],
    ['a Lambda authorizer', { Route: { AuthorizationType: 'CUSTOM' } }, /no authorization CUSTOM/],
    [
      'a JWT authorizer that is not there',
      { Route: { AuthorizationType: 'JWT', AuthorizerId: 'x' } },
      /no authorizer x/,
    ],
    ['a key that is no route', { Route: { RouteKey: '/x' } }, /expected a route key/],
    ['a target that is not there', { Route: { Target: 'integrations/none' } }, /no integration none/],
    ['a stage without deployment', { Stage: { AutoDeploy: false } }, /AutoDeploy/],
    ['settings of a route that is not there', { Stage: { RouteSettings: { 'GET /y': {} } } }, /Unable to find Route/],
  ])('%s', async (_, changes, message) => {
    await expect(create(changes)).rejects.toThrow(message)
  })
})
