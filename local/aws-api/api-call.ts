import type { IncomingHttpHeaders } from 'node:http'
import type { ApiRequest, ApiResponse, ServiceHandler } from './service.ts'

/** One signed call of an AWS API, after its answer. */
export interface ApiCall {
  readonly headers: IncomingHttpHeaders
  /** The first action that it needed, for example `dynamodb:PutItem`. */
  readonly action: string
  readonly resource: string
  readonly status: number
  /** Name of the error; absent when there is none. */
  readonly errorCode?: string
  readonly durationMs: number
}

/** Begins to watch a call; the returned function tells of it once there is an answer. */
export function watchCall(
  request: ApiRequest,
  service: ServiceHandler,
  onCall: (call: ApiCall) => void,
): (answer: ApiResponse) => void {
  const startedAt = performance.now()
  return ({ status, headers }) => {
    const [needed] = service.actionsFor(request)
    if (!needed) return
    const { action, resource } = needed
    const errorCode = headers?.['x-amzn-errortype']
    const durationMs = performance.now() - startedAt
    onCall({
      headers: request.headers,
      action,
      resource,
      status,
      ...(errorCode !== undefined && { errorCode }),
      durationMs,
    })
  }
}
