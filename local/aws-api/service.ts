import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from '../iam/index.ts'

export interface UnsignedRequest {
  readonly method: string
  /** As sent, still percent-encoded, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface ApiRequest extends UnsignedRequest {
  /** Value of `x-amz-target`, for example `DynamoDB_20120810.PutItem`. */
  readonly target?: string
  readonly caller: Caller
  readonly requestId: string
  /** The body as a JSON object, parsed once; an empty body is `{}`. Throws ApiError SerializationException. */
  json(): Readonly<Record<string, unknown>>
}

export interface ApiResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** One permission that a request needs. */
export interface RequiredAction {
  /** IAM action, for example `dynamodb:PutItem`. */
  readonly action: string
  /** ARN of what is acted upon, or `*` for actions that have no resource. */
  readonly resource: string
  readonly context?: Readonly<Record<string, string | readonly string[]>>
}

/** How errors are written: JSON 1.0/1.1 names them in `__type`, REST in the header `x-amzn-errortype`. */
export type Protocol = 'json1.0' | 'json1.1' | 'rest-json'

/** One AWS service behind the server. Both functions may throw ApiError. */
export interface ServiceHandler {
  readonly protocol: Protocol
  /** Error name for a denied request; default `AccessDeniedException`. */
  readonly accessDeniedCode?: string
  /** Error name for unknown credentials; default `UnrecognizedClientException`. */
  readonly unknownClientCode?: string
  handle(request: ApiRequest): Promise<ApiResponse>
  /** Every permission the request needs; all of them are checked before `handle` runs. */
  actionsFor(request: ApiRequest): readonly RequiredAction[]
}

/** A path that needs no signature. `pathPrefix` matches itself and everything that begins with it. */
export interface Route {
  readonly method: string
  readonly pathPrefix: string
  handle(request: UnsignedRequest): Promise<ApiResponse> | ApiResponse
}

/** The operation of a JSON protocol request: `PutItem` of `DynamoDB_20120810.PutItem`. */
export function operationOf(request: Pick<ApiRequest, 'target'>): string {
  const target = request.target ?? ''
  return target.slice(target.lastIndexOf('.') + 1)
}
