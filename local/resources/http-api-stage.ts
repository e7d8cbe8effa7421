import type { Throttle } from '../http-api/index.ts'
import { putOwned } from '../state/index.ts'
import type { JsonObject } from '../template/index.ts'
import type { ResourceEmulator } from './emulator.ts'
import { ResourceError } from './errors.ts'
import { apiOf } from './http-api.ts'
import { isObject, readProperties } from './properties.ts'

/** AWS::ApiGatewayV2::Stage that deploys by itself; its access log goes nowhere. */
export const httpApiStage: ResourceEmulator = {
  properties: {
    honoured: ['StageName', 'ApiId', 'AutoDeploy', 'RouteSettings', 'DefaultRouteSettings', 'StageVariables'],
    ignored: ['AccessLogSettings', 'Description', 'Tags'],
  },
  create(request, context) {
    const properties = readProperties(request)
    const name = properties.text('StageName')
    const api = apiOf(context, properties.text('ApiId'))
    if (!properties.flag('AutoDeploy', false))
      throw new ResourceError('unsupported_here', 'the local runtime has stages with AutoDeploy only')
    const throttles = Object.entries(properties.object('RouteSettings')).flatMap(([routeKey, settings]) => {
      if (!api.routes.some((route) => route.routeKey === routeKey)) {
        throw new TypeError(`Unable to find Route by key ${routeKey} within the provided RouteSettings`)
      }
      const throttle = isObject(settings) ? throttleOf(settings) : undefined
      return throttle ? [[routeKey, throttle] as const] : []
    })
    const variables = Object.entries(properties.object('StageVariables')).map(([key, value]) => [key, String(value)])
    const dispose = putOwned(api.stages, name, {
      name,
      variables: Object.fromEntries(variables),
      defaultThrottle: throttleOf(properties.object('DefaultRouteSettings')),
      routeThrottles: Object.fromEntries(throttles),
    })
    return { ref: name, dispose }
  },
}

function throttleOf({ ThrottlingRateLimit, ThrottlingBurstLimit }: JsonObject): Throttle | undefined {
  if (ThrottlingRateLimit === undefined || ThrottlingBurstLimit === undefined) return undefined
  return { rateLimit: Number(ThrottlingRateLimit), burstLimit: Number(ThrottlingBurstLimit) }
}
