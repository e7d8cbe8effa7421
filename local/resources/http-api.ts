import { createHash } from 'node:crypto'
import { putOwned } from '../state/index.ts'
import { arn, type ResourceContext } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { ResourceError } from './errors.ts'
import { readProperties } from './properties.ts'

/** AWS::ApiGatewayV2::Api of the protocol HTTP. Its id is made of its place in the template, so its URL stays the same. */
export const httpApi: ResourceEmulator = {
  properties: {
    honoured: ['Name', 'ProtocolType'],
    ignored: ['Description', 'RouteSelectionExpression', 'Tags', 'Version'],
    refused: ['Body', 'BodyS3Location', 'CorsConfiguration', 'Target'],
  },
  create(request, { httpApis, httpApiUrl }) {
    const properties = readProperties(request)
    if (properties.text('ProtocolType') !== 'HTTP')
      throw new ResourceError('unsupported_here', 'the local runtime has no WebSocket APIs')
    const apiId = createHash('sha256').update(request.physicalName()).digest('hex').slice(0, 10)
    const {
      routes = [],
      authorizers = new Map(),
      integrations = new Map(),
      stages = new Map(),
    } = httpApis.get(apiId) ?? {}
    const api = { apiId, name: properties.text('Name'), routes, authorizers, integrations, stages }
    const attributes = { ApiId: apiId, ApiEndpoint: `${httpApiUrl}/${apiId}` }
    return { ref: apiId, attributes, dispose: putOwned(httpApis, apiId, api) }
  },
}

/** The API that a part of one names. */
export function apiOf({ httpApis }: ResourceContext, apiId: string) {
  const api = httpApis.get(apiId)
  if (!api) throw new TypeError(`there is no API ${apiId}`)
  return api
}

/** The ARN of a function in an integration: plain, or inside the URI of its invocation. */
export function integrationFunction(context: ResourceContext, uri: string): string {
  const [, inner] = /\/functions\/(arn:[^/]+)\/invocations$/.exec(uri) ?? []
  const functionArn = inner ?? uri
  if (functionArn.startsWith(arn(context, 'lambda', 'function:'))) return functionArn
  throw new ResourceError('unsupported_here', `the local runtime has no integration with ${uri}`)
}
