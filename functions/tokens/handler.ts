import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { bridgeError, type DeviceRecord, describeIssue, ERRORS, isBridgeError } from '#contract/index.ts'
import { clientKeyVersion } from '#keys/index.ts'
import { answer, type HttpAnswer, problem } from '../shared/http-answer.ts'
import { loggable } from '../shared/loggable.ts'
import type { Observer } from '../shared/observability.ts'
import { TOKEN_ROUTES } from './env.ts'
import { type TokenEvent, type TokenRequest, tokenEventSchema, tokenRequestSchema } from './event.ts'
import { activeRecord, type IssuerDependencies, issueFor } from './issue.ts'

export interface TokenServiceDependencies extends IssuerDependencies {
  /** The secret that client keys are derived from. Throws issuer_unavailable. */
  masterSecret(): Promise<string>
  observer: Observer
}

export type TokenService = (event: unknown) => Promise<HttpAnswer>

/** Issues tokens over HTTP and writes one audit line for each that was asked for: who asked, for whom, what came of it; never the token. */
export function createTokenService(dependencies: TokenServiceDependencies): TokenService {
  const { observer } = dependencies

  async function serve(input: unknown): Promise<HttpAnswer> {
    const event = tokenEventSchema.parse(input)
    const facts: Record<string, unknown> = { request_id: event.requestContext.requestId, ...askedBy(event) }
    try {
      const request = readRequest(event)
      facts.client_id = request.client_id
      const record = await authenticated(event, request)
      const { token, expiresAtSeconds, permissions, cut } = await issueFor(record, request, dependencies)
      observer.count('TokensIssued')
      observer.info('token_issued', { ...facts, expires_at_seconds: expiresAtSeconds, permissions, cut })
      return answer({ token, expires_at_seconds: expiresAtSeconds, permissions, cut })
    } catch (error) {
      return refuse(error, facts, event.requestContext.requestId)
    } finally {
      observer.flush()
    }
  }

  async function authenticated(event: TokenEvent, request: TokenRequest): Promise<DeviceRecord> {
    const { devices, masterSecret } = dependencies
    if (event.routeKey === TOKEN_ROUTES.signed) {
      if (!event.requestContext.authorizer?.iam) throw bridgeError('caller_unverified')
      return activeRecord(devices, request.client_id)
    }
    if (event.routeKey !== TOKEN_ROUTES.clientKey) throw bridgeError('caller_unverified')
    const [, key = ''] = /^Bearer +(\S+)$/i.exec(event.headers.authorization ?? '') ?? []
    // before any read: strangers have this route too. Who has no key learns nothing of which devices there are
    const device = { clientId: request.client_id, masterSecret: await masterSecret() }
    const keyVersion = clientKeyVersion(key, device)
    const record = keyVersion === undefined ? undefined : await devices.find(request.client_id)
    if (record?.status !== 'active' || record.key_version !== keyVersion) throw bridgeError('caller_unverified')
    return record
  }

  function refuse(error: unknown, facts: Record<string, unknown>, requestId: string): HttpAnswer {
    const coded = isBridgeError(error) ? error : undefined
    const isSystem = !coded || ERRORS[coded.code].fault === 'system'
    const code = coded ? { code: coded.code } : {}
    observer.count('TokensRefused', 1, code)
    if (isSystem) observer.count('SystemFaults', 1, code)
    const words = coded ? loggable(coded) : { reason: error instanceof Error ? error.name : 'unknown' }
    observer[isSystem ? 'error' : 'warn']('token_refused', { ...facts, code: coded?.code ?? 'internal', ...words })
    return problem(coded, requestId, { systemFault: 'the token service could not do it' })
  }

  const parsed = middy<unknown, HttpAnswer, Error>()
    .use(httpJsonBodyParser() as unknown as middy.MiddlewareObj<unknown, HttpAnswer>)
    .onError((request) => {
      // the parser's refusals: no JSON, or not said to be
      const statusCode = 'statusCode' in (request.error ?? {}) ? 'JSON' : undefined
      if (statusCode === undefined) return
      const wrong = bridgeError('token_request_invalid', { problem: 'expected a JSON body, with its content type' })
      const { data: event } = tokenEventSchema.safeParse(request.event)
      if (!event) return
      const { requestId } = event.requestContext
      request.response = refuse(wrong, { request_id: requestId, ...askedBy(event) }, requestId)
      observer.flush()
    })
    .handler(serve)
  return (event) => parsed(event, {} as never)
}

/** Who asked, as API Gateway knows it. */
function askedBy({ routeKey, requestContext }: TokenEvent): Record<string, unknown> {
  return {
    route: routeKey,
    asked_by: requestContext.authorizer?.iam?.userArn ?? 'client key',
    source_ip: requestContext.http?.sourceIp,
  }
}

function readRequest({ body }: TokenEvent): TokenRequest {
  const parsed = tokenRequestSchema.safeParse(body)
  if (parsed.success) return parsed.data
  throw bridgeError('token_request_invalid', { problem: describeIssue(parsed.error) })
}
