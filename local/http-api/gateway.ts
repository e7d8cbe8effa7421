import { setTimeout as delay } from 'node:timers/promises'
import { ApiError, readCredentialScope } from '../aws-api/index.ts'
import type { Caller, Iam } from '../iam/index.ts'
import type { RuntimeLog } from '../iot/index.ts'
import { type Count, stepsOf, uncounted } from '../meter/index.ts'
import { type GatewayAnswer, REFUSALS, readAnswer } from './answer.ts'
import type { HttpApi, HttpApis, Integration, Stage } from './apis.ts'
import { type GatewayRequest, gatewayEvent, type Signer } from './event.ts'
import { type FoundRoute, findRoute } from './find-route.ts'
import { createJwtVerifier, type JwtCaller } from './jwt-authorizer.ts'
import { signatureProblem } from './signature.ts'
import { createThrottling } from './throttling.ts'

export interface GatewayOptions {
  apis: HttpApis
  region: string
  accountId: string
  iam: Pick<Iam, 'identify' | 'secretAccessKey' | 'authorize' | 'mayInvoke'>
  invoke(functionArn: string, event: unknown): Promise<{ payload: unknown; functionError?: unknown }>
  log: RuntimeLog
  nowMs?: () => number
  count?: Count
}

export type Gateway = (request: GatewayRequest) => Promise<GatewayAnswer>

interface Target {
  api: HttpApi
  stage: Stage
  found: FoundRoute
  /** Of the API: without what names the API on this machine. */
  rawPath: string
}

/** HTTP APIs with functions behind them. What must be signed for IAM is known by its credentials, and its signature is verified. */
export function createGateway(options: GatewayOptions): Gateway {
  const { apis, accountId, region, iam, log, nowMs = Date.now, count = uncounted } = options
  const throttling = createThrottling(nowMs)
  const verifyJwt = createJwtVerifier(nowMs)

  return async (request) => {
    const target = findTarget(apis, request)
    if (!target) return REFUSALS.notFound
    const { api, stage, found } = target
    if (!throttling.admit(api.apiId, stage, found.route.routeKey)) return REFUSALS.tooMany
    const signer = found.route.authorizationType === 'AWS_IAM' ? authorize(request, target) : undefined
    if (signer === 'refused') return REFUSALS.forbidden
    const jwt = found.route.authorizationType === 'JWT' ? await authorizeJwt(request, target) : undefined
    if (jwt === 'unauthorized' || jwt === 'forbidden') return REFUSALS[jwt]
    // what is refused before is free of charge: https://aws.amazon.com/api-gateway/pricing/
    count('httpApi.requests', found.route.routeKey, stepsOf('httpApi', request.body.length))
    const integration = api.integrations.get(found.route.integrationId)
    if (!integration) throw new TypeError(`route ${found.route.routeKey} has no integration`)
    if (!mayInvoke(target, integration)) return REFUSALS.failed
    const event = gatewayEvent(request, { ...target, accountId, nowMs: nowMs() }, signer, jwt)
    return callFunction(integration, event, found.route.routeKey)
  }

  function authorize(request: GatewayRequest, { api, stage, rawPath }: Target): Signer | 'refused' {
    const resource = `arn:aws:execute-api:${region}:${accountId}:${api.apiId}/${stage.name}/${request.method}${rawPath}`
    const action = 'execute-api:Invoke'
    const refuse = (reason: string, caller?: Caller) => {
      log({ level: 'warn', event: 'access_denied', caller: caller?.arn, action, resource, reason })
      return 'refused' as const
    }
    try {
      const { accessKeyId, service, sessionToken } = readCredentialScope(request.headers)
      if (service !== 'execute-api') return refuse(`signed for ${service}`)
      const caller = iam.identify(accessKeyId, sessionToken)
      const secretAccessKey = iam.secretAccessKey(accessKeyId)
      if (!caller || secretAccessKey === undefined) return refuse('unknown credentials')
      const problem = signatureProblem(request, secretAccessKey, nowMs())
      if (problem !== undefined) return refuse(problem, caller)
      const { decision } = iam.authorize(caller, action, resource)
      return decision === 'allowed' ? { caller, accessKeyId } : refuse(decision, caller)
    } catch (error) {
      if (error instanceof ApiError) return refuse(error.code)
      throw error
    }
  }

  async function authorizeJwt(
    request: GatewayRequest,
    { api, found }: Target,
  ): Promise<JwtCaller | 'unauthorized' | 'forbidden'> {
    const { routeKey, authorizerId = '', authorizationScopes = [] } = found.route
    const authorizer = api.authorizers.get(authorizerId)
    if (!authorizer) throw new TypeError(`route ${routeKey} has no authorizer`)
    const header = request.headers[authorizer.headerName]
    const { decision, reason } = await verifyJwt(authorizer, [header].flat()[0], authorizationScopes)
    if (reason !== undefined) log({ level: 'warn', event: 'access_denied', route: routeKey, decision, reason })
    return decision
  }

  /** By the resource policy of the function. */
  function mayInvoke({ api, stage, found }: Target, { functionArn }: Integration): boolean {
    const [method, path] = found.route.routeKey.split(' ')
    const route = path === undefined ? '$default' : `${method === 'ANY' ? '*' : method}${path}`
    const sourceArn = `arn:aws:execute-api:${region}:${accountId}:${api.apiId}/${stage.name}/${route}`
    const request = { functionArn, servicePrincipal: 'apigateway.amazonaws.com', sourceArn, sourceAccount: accountId }
    if (iam.mayInvoke(request)) return true
    log({ level: 'error', event: 'access_denied', caller: sourceArn, action: 'lambda:InvokeFunction', functionArn })
    return false
  }

  async function callFunction(integration: Integration, event: unknown, routeKey: string): Promise<GatewayAnswer> {
    const ended = new AbortController()
    const facts = { route: routeKey, function: integration.functionArn.split(':')[6] }
    try {
      const late = delay(integration.timeoutMs, 'late' as const, { signal: ended.signal, ref: false })
      const result = await Promise.race([options.invoke(integration.functionArn, event), late])
      if (result === 'late') {
        log({ level: 'warn', event: 'http_integration_timed_out', ...facts })
        return REFUSALS.unavailable
      }
      const answer = result.functionError ? undefined : readAnswer(result.payload)
      if (!answer) log({ level: 'warn', event: 'http_integration_failed', ...facts })
      return answer ?? REFUSALS.failed
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log({ level: 'warn', event: 'http_integration_unavailable', ...facts, reason })
      return REFUSALS.unavailable
    } finally {
      ended.abort()
    }
  }
}

/** On this machine the first level of a path names the API, and a second one a stage that is not `$default`. */
function findTarget(apis: HttpApis, { method, path }: GatewayRequest): Target | undefined {
  const [, apiId = '', ...levels] = path.split('/')
  const api = apis.get(apiId)
  if (!api) return undefined
  const rawPath = `/${levels.join('/')}`
  const named = api.stages.get(levels[0] ?? '')
  const stage = named ?? api.stages.get('$default')
  if (!stage) return undefined
  const routePath = named ? `/${levels.slice(1).join('/')}` : rawPath
  const found = findRoute(api.routes, method, routePath)
  return found && { api, stage, found, rawPath }
}
