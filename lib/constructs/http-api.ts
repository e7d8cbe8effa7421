import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2'
import * as logs from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { BridgeFunction } from './bridge-function.ts'

/** What the gateway writes of a request: no header, no body, no query. */
const ACCESS_LOG_FORMAT = {
  request_id: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  caller: '$context.identity.userArn',
  source_ip: '$context.identity.sourceIp',
  response_length: '$context.responseLength',
  latency_ms: '$context.responseLatency',
  integration_error: '$context.integrationErrorMessage',
}

/** How a route knows its callers: by a signature of IAM, by a JWT, or by what the function checks itself, with the reason why. */
export type RouteAuthorization =
  | 'AWS_IAM'
  | { jwt: { issuer: string; audience: string[] } }
  | { checkedByFunction: string }

export interface HttpRoute {
  /** `POST /tokens`. */
  routeKey: string
  function: BridgeFunction
  authorization: RouteAuthorization
  /** Requests a second, and how many at once. What is over is answered with 429. */
  throttle: { rateLimit: number; burstLimit: number }
}

/** One HTTP API of API Gateway with functions behind its routes: throttled, logged, without CORS. */
export class HttpApi extends Construct {
  readonly url: string
  #jwtAuthorizer: apigateway.CfnAuthorizer | undefined

  constructor(
    scope: Construct,
    id: string,
    props: { name: string; description: string; routes: readonly HttpRoute[]; isProduction: boolean },
  ) {
    super(scope, id)
    const { name, description, routes } = props
    const api = new apigateway.CfnApi(this, 'Api', { name, description, protocolType: 'HTTP' })
    const accessLogs = new logs.LogGroup(this, 'AccessLogs', {
      retention: props.isProduction ? logs.RetentionDays.THREE_MONTHS : logs.RetentionDays.TWO_WEEKS,
      removalPolicy: props.isProduction ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
    const cfnRoutes = routes.map((route) => this.#route(api, route))
    const stage = new apigateway.CfnStage(this, 'Stage', {
      apiId: api.ref,
      stageName: '$default',
      autoDeploy: true,
      accessLogSettings: { destinationArn: accessLogs.logGroupArn, format: JSON.stringify(ACCESS_LOG_FORMAT) },
      // for what has no route
      defaultRouteSettings: { throttlingRateLimit: 10, throttlingBurstLimit: 10 },
      routeSettings: Object.fromEntries(
        routes.map(({ routeKey, throttle }) => [
          routeKey,
          { ThrottlingRateLimit: throttle.rateLimit, ThrottlingBurstLimit: throttle.burstLimit },
        ]),
      ),
    })
    // settings of a route that is not there yet are refused
    for (const route of cfnRoutes) stage.addResourceDependency(route)
    this.url = api.attrApiEndpoint
  }

  #authorization(
    api: apigateway.CfnApi,
    authorization: RouteAuthorization,
  ): Pick<apigateway.CfnRouteProps, 'authorizationType' | 'authorizerId'> {
    if (authorization === 'AWS_IAM') return { authorizationType: authorization }
    if ('checkedByFunction' in authorization) return { authorizationType: 'NONE' }
    this.#jwtAuthorizer ??= new apigateway.CfnAuthorizer(this, 'Jwt', {
      apiId: api.ref,
      name: 'jwt',
      authorizerType: 'JWT',
      identitySource: ['$request.header.Authorization'],
      jwtConfiguration: authorization.jwt,
    })
    return { authorizationType: 'JWT', authorizerId: this.#jwtAuthorizer.ref }
  }

  #route(api: apigateway.CfnApi, route: HttpRoute): apigateway.CfnRoute {
    const { routeKey, authorization } = route
    const id = routeKey.replace(/[^A-Za-z0-9]+/g, '-')
    const integration = new apigateway.CfnIntegration(this, `Integration-${id}`, {
      apiId: api.ref,
      integrationType: 'AWS_PROXY',
      integrationUri: route.function.function.functionArn,
      payloadFormatVersion: '2.0',
    })
    const cfnRoute = new apigateway.CfnRoute(this, `Route-${id}`, {
      apiId: api.ref,
      routeKey,
      ...this.#authorization(api, authorization),
      target: `integrations/${integration.ref}`,
    })
    if (typeof authorization === 'object' && 'checkedByFunction' in authorization) {
      Validations.of(cfnRoute).acknowledge({ id: 'AwsSolutions-APIG4', reason: authorization.checkedByFunction })
    }
    const [method = '', path = ''] = routeKey.split(' ')
    const sourceArn = Stack.of(this).formatArn({
      service: 'execute-api',
      resource: api.ref,
      // of any stage
      resourceName: `*/${method}${path.replace(/\{\w+\+?\}/g, '*')}`,
    })
    route.function.allowInvokeBy(`InvokedBy-${this.node.id}-${id}`, 'apigateway.amazonaws.com', sourceArn)
    return cfnRoute
  }
}
