import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import { onTestFinished } from 'vitest'
import {
  createGateway,
  type HttpApi,
  type HttpApis,
  type JwtAuthorizer,
  openHttpApiServer,
  type Route,
} from '#local/http-api/index.ts'
import { createIam } from '#local/iam/index.ts'
import type { RuntimeLogEntry } from '#local/iot/index.ts'
import type { Count } from '#local/meter/index.ts'

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:echo'
const API_ID = 'api1'

export interface SignOptions {
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken: string }
  service?: string
  signingDate?: Date
}

/** An HTTP API on a port of its own; `answer` is what its one function returns. */
export async function openHttpApi(options: {
  routes: Partial<Route>[]
  stages?: Record<string, Partial<HttpApi['stages'] extends Map<string, infer Stage> ? Stage : never>>
  timeoutMs?: number
  /** `a1`. */
  authorizer?: JwtAuthorizer
  /** Of the routes that the function may be invoked by. */
  sourceArn?: string
  answer?: (event: unknown) => Promise<{ payload: unknown; functionError?: string }>
  count?: Count
}) {
  const events: Record<string, unknown>[] = []
  const log: RuntimeLogEntry[] = []
  const clock = { nowMs: Date.UTC(2026, 10, 21, 12, 0, 0) }
  const iam = createIam()
  const { sourceArn = `arn:aws:execute-api:us-east-1:000000000000:${API_ID}/*/*` } = options
  iam.defineFunctionPermission({
    functionArn: FUNCTION_ARN,
    principal: 'apigateway.amazonaws.com',
    action: 'lambda:InvokeFunction',
    sourceArn,
  })
  const stages = options.stages ?? { $default: {} }
  const api: HttpApi = {
    apiId: API_ID,
    name: 'test',
    routes: options.routes.map((route) => ({
      routeId: 'r',
      routeKey: '$default',
      authorizationType: 'NONE',
      integrationId: 'i1',
      ...route,
    })),
    authorizers: new Map(options.authorizer ? [['a1', options.authorizer]] : []),
    integrations: new Map([['i1', { functionArn: FUNCTION_ARN, timeoutMs: options.timeoutMs ?? 30_000 }]]),
    stages: new Map(
      Object.entries(stages).map(([name, stage]) => [
        name,
        { name, variables: {}, defaultThrottle: undefined, routeThrottles: {}, ...stage },
      ]),
    ),
  }
  const apis: HttpApis = new Map([[API_ID, api]])
  const gateway = createGateway({
    apis,
    region: 'us-east-1',
    accountId: '000000000000',
    iam,
    async invoke(_, event) {
      events.push(event as Record<string, unknown>)
      return options.answer ? options.answer(event) : { payload: { ok: true } }
    },
    log: (entry) => log.push(entry),
    nowMs: () => clock.nowMs,
    ...(options.count && { count: options.count }),
  })
  const server = await openHttpApiServer({ gateway, port: 0, log: (entry) => log.push(entry) })
  onTestFinished(() => server.close())
  const url = `${server.url}/${API_ID}`

  /** Headers of a request signed as an SDK would. */
  async function sign(method: string, path: string, body: string | undefined, signing: SignOptions = {}) {
    const target = new URL(url + path)
    const { credentials = iam.developerCredentials, service = 'execute-api', signingDate } = signing
    const signer = new SignatureV4({ service, region: 'us-east-1', credentials, sha256: Sha256 })
    const { headers } = await signer.sign(
      {
        method,
        protocol: target.protocol,
        hostname: target.hostname,
        path: target.pathname,
        query: Object.fromEntries(target.searchParams),
        headers: { host: target.host, 'content-type': 'application/json' },
        ...(body !== undefined && { body }),
      },
      { signingDate: signingDate ?? new Date(clock.nowMs) },
    )
    return headers
  }
  return { url, events, log, iam, clock, sign }
}
