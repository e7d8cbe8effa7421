import type { JwtAuthorizer } from './jwt-authorizer.ts'

/** One HTTP API as the template defines it. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html */
export interface HttpApi {
  apiId: string
  name: string
  routes: Route[]
  /** By authorizer id. */
  authorizers: Map<string, JwtAuthorizer>
  /** By integration id. */
  integrations: Map<string, Integration>
  /** By name; `$default` has no name in the path. */
  stages: Map<string, Stage>
}

export interface Route {
  routeId: string
  /** `POST /tokens`, `ANY /devices/{id}/{proxy+}`, `$default`. */
  routeKey: string
  authorizationType: 'NONE' | 'AWS_IAM' | 'JWT'
  /** Of a route with JWT. */
  authorizerId?: string
  /** One of them must be in the token, if there are any. */
  authorizationScopes?: readonly string[]
  integrationId: string
}

export interface Integration {
  functionArn: string
  timeoutMs: number
}

export interface Throttle {
  /** Requests a second. */
  rateLimit: number
  /** Requests at once. */
  burstLimit: number
}

export interface Stage {
  name: string
  variables: Readonly<Record<string, string>>
  defaultThrottle: Throttle | undefined
  /** By route key. */
  routeThrottles: Readonly<Record<string, Throttle>>
}

/** All HTTP APIs of the stack, by id. */
export type HttpApis = Map<string, HttpApi>
