import type { Route } from '../http-api/index.ts'
import type { ResourceEmulator } from './emulator.ts'
import { ResourceError } from './errors.ts'
import { apiOf } from './http-api.ts'
import { readProperties } from './properties.ts'

const ROUTE_KEY = /^(\$default|(ANY|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \/\S*)$/
const TARGET_PREFIX = 'integrations/'

/** AWS::ApiGatewayV2::Route, open, signed for IAM, or with a token. */
export const httpApiRoute: ResourceEmulator = {
  properties: {
    honoured: ['ApiId', 'RouteKey', 'AuthorizationType', 'AuthorizationScopes', 'AuthorizerId', 'Target'],
    ignored: ['OperationName'],
  },
  create(request, context) {
    const properties = readProperties(request)
    const api = apiOf(context, properties.text('ApiId'))
    const routeKey = properties.text('RouteKey')
    if (!ROUTE_KEY.test(routeKey)) throw new TypeError(`expected a route key, got ${routeKey}`)
    const routeId = request.physicalName()
    if (api.routes.some((route) => route.routeKey === routeKey && route.routeId !== routeId)) {
      throw new TypeError(`Route with key ${routeKey} already exists for this API`)
    }
    const authorizationType = properties.optionalText('AuthorizationType') ?? 'NONE'
    if (authorizationType !== 'NONE' && authorizationType !== 'AWS_IAM' && authorizationType !== 'JWT') {
      throw new ResourceError('unsupported_here', `the local runtime has no authorization ${authorizationType}`)
    }
    const authorizerId = properties.optionalText('AuthorizerId')
    if (authorizationType === 'JWT' && !api.authorizers.has(authorizerId ?? '')) {
      throw new TypeError(`the API has no authorizer ${authorizerId}`)
    }
    const target = properties.text('Target')
    if (!target.startsWith(TARGET_PREFIX)) throw new TypeError(`expected Target to name an integration, got ${target}`)
    const integrationId = target.slice(TARGET_PREFIX.length)
    if (!api.integrations.has(integrationId)) throw new TypeError(`the API has no integration ${integrationId}`)
    const route: Route = {
      ...{ routeId, routeKey, authorizationType, integrationId },
      ...(authorizerId !== undefined && { authorizerId }),
      authorizationScopes: properties.list('AuthorizationScopes').map(String),
    }
    const before = api.routes.findIndex((one) => one.routeId === routeId)
    api.routes.splice(before === -1 ? api.routes.length : before, 1, route)
    const dispose = () => {
      const place = api.routes.indexOf(route)
      if (place !== -1) api.routes.splice(place, 1)
    }
    return { ref: routeId, attributes: { RouteId: routeId }, dispose }
  },
}
