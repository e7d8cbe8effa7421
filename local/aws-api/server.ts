import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Caller } from '../iam/index.ts'
import { type ApiCall, watchCall } from './api-call.ts'
import { type Authorize, checkActions } from './authorization.ts'
import { type CredentialScope, readCredentialScope } from './credential-scope.ts'
import { errorResponse } from './error-response.ts'
import { ApiError } from './errors.ts'
import type { Log } from './log.ts'
import { isForLoopback } from './loopback-check.ts'
import { parseJsonBody, readBody } from './request-body.ts'
import type { ApiRequest, ApiResponse, Protocol, Route, ServiceHandler, UnsignedRequest } from './service.ts'

// Longer than the pauses of a client that is in use, so that it does not write to a socket we are closing.
const KEEP_ALIVE_MS = 60_000
const CLOSE_GRACE_MS = 1_000

export interface ApiServerOptions {
  /** Services by the name requests are signed for (`dynamodb`, `iotdata`, `secretsmanager` …). */
  readonly services: Readonly<Record<string, ServiceHandler>>
  /** The caller that was given these credentials, or undefined. */
  identify(accessKeyId: string, sessionToken?: string): Caller | undefined
  readonly authorize: Authorize
  readonly routes?: readonly Route[]
  /** Told of every signed call that names a trace. */
  readonly onCall?: ((call: ApiCall) => void) | undefined
  /** 0 (the default) takes any free port. */
  readonly port?: number
  readonly log: Log
}

export interface ApiServer extends AsyncDisposable {
  /** For example `http://127.0.0.1:4566`; what `AWS_ENDPOINT_URL` is set to. */
  readonly url: string
  readonly port: number
  /** Stops taking requests, lets running ones end for at most a second, then cuts them. */
  close(): Promise<void>
}

/**
 * Serves all AWS APIs of the local runtime on one port of 127.0.0.1. Service and caller are read from the credential scope of
 * Signature Version 4. Signatures are **not** verified: access key ids and session tokens are random for every run and known only
 * to the functions they were given to, on a port that only this machine reaches. Every action a request needs is authorized before its
 * service sees it. `GET /health` answers without a signature, as do `routes`, one of which may take its place. Rejects when the port is taken.
 */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { services, log, onCall } = options
  const routes = [...(options.routes ?? []), { method: 'GET', pathPrefix: '/health', handle: health }]

  async function answer(incoming: IncomingMessage, requestId: string): Promise<ApiResponse> {
    let service: ServiceHandler | undefined
    let tell: ((answer: ApiResponse) => void) | undefined
    try {
      if (!isForLoopback(incoming.headers)) {
        throw new ApiError('ForbiddenException', 403, 'Host and Origin must name the loopback interface')
      }
      const { method = '', path, query } = readTarget(incoming)
      const route = routes.find((one) => one.method === method && path.startsWith(one.pathPrefix))
      const scope = route === undefined ? readCredentialScope(incoming.headers) : undefined
      service = scope === undefined ? undefined : findService(scope, services)
      const caller = scope === undefined ? undefined : identifyCaller(scope, service, options)
      const body = await readBody(incoming)
      const unsigned = { method, path, query, headers: incoming.headers, body }
      if (route !== undefined) return await route.handle(unsigned)
      if (service === undefined || caller === undefined) throw new TypeError('a signed request has service and caller')
      const request = createRequest(unsigned, caller, requestId)
      if (onCall && 'x-amzn-trace-id' in incoming.headers) tell = watchCall(request, service, onCall)
      checkActions(request, service, options.authorize, log)
      const answer = await service.handle(request)
      tell?.(answer)
      return answer
    } catch (failure) {
      const protocol = service?.protocol ?? guessProtocol(incoming)
      if (failure instanceof ApiError) {
        const refusal = errorResponse(failure, protocol)
        tell?.(refusal)
        return refusal
      }
      // Only the message: the error itself may carry the request. A client that hung up is no failure of ours.
      const message = failure instanceof Error ? failure.message : String(failure)
      if (incoming.errored === null)
        log({ level: 'error', event: 'api_failure', requestId, path: incoming.url?.split('?')[0], message })
      return errorResponse(new ApiError('InternalServerError', 500, 'internal error of the local runtime'), protocol)
    }
  }

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, outgoing) => {
    const requestId = randomUUID()
    void answer(incoming, requestId).then((response) => send(incoming, outgoing, response, requestId))
  })
  server.listen({ host: '127.0.0.1', port: options.port ?? 0 })
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', reject)
  })
  const { port } = server.address() as AddressInfo

  let closing: Promise<void> | undefined
  function close(): Promise<void> {
    closing ??= new Promise((resolve) => {
      const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
      server.close(() => {
        clearTimeout(cut)
        resolve()
      })
      server.closeIdleConnections()
    })
    return closing
  }

  return { url: `http://127.0.0.1:${port}`, port, close, [Symbol.asyncDispose]: close }
}

function readTarget(incoming: IncomingMessage): { method?: string | undefined; path: string; query: URLSearchParams } {
  // Not parsed as a URL: that would resolve dot segments, which topics in a path may contain.
  const [path = '/', ...query] = (incoming.url ?? '/').split('?')
  return { method: incoming.method, path, query: new URLSearchParams(query.join('?')) }
}

function findService(scope: CredentialScope, services: Readonly<Record<string, ServiceHandler>>): ServiceHandler {
  const service = Object.hasOwn(services, scope.service) ? services[scope.service] : undefined
  if (service !== undefined) return service
  const known = Object.keys(services).join(', ')
  throw new ApiError('UnknownServiceException', 404, `no local service is named ${scope.service}; there are: ${known}`)
}

function identifyCaller(
  scope: CredentialScope,
  service: ServiceHandler | undefined,
  options: ApiServerOptions,
): Caller {
  const caller = options.identify(scope.accessKeyId, scope.sessionToken)
  if (caller !== undefined) return caller
  options.log({ level: 'warn', event: 'unknown_credentials', accessKeyId: scope.accessKeyId, service: scope.service })
  const code = service?.unknownClientCode ?? 'UnrecognizedClientException'
  throw new ApiError(code, 403, 'The security token included in the request is invalid.')
}

function createRequest(unsigned: UnsignedRequest, caller: Caller, requestId: string): ApiRequest {
  const target = unsigned.headers['x-amz-target']
  let parsed: Readonly<Record<string, unknown>> | undefined
  return {
    ...unsigned,
    ...(typeof target === 'string' ? { target } : {}),
    caller,
    requestId,
    json() {
      parsed ??= parseJsonBody(unsigned.body)
      return parsed
    },
  }
}

function guessProtocol(incoming: IncomingMessage): Protocol {
  if (incoming.headers['x-amz-target'] === undefined) return 'rest-json'
  return incoming.headers['content-type'] === 'application/x-amz-json-1.0' ? 'json1.0' : 'json1.1'
}

function send(incoming: IncomingMessage, outgoing: ServerResponse, response: ApiResponse, requestId: string): void {
  const body = typeof response.body === 'string' ? Buffer.from(response.body) : response.body
  outgoing.writeHead(response.status, {
    'x-amzn-requestid': requestId,
    ...response.headers,
    'content-length': body.byteLength,
    // What was not read of a refused body cannot be told apart from the next request.
    ...(incoming.complete ? {} : { connection: 'close' }),
  })
  outgoing.end(body)
}

function health(): ApiResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"status":"ok"}' }
}
