import type { ApiError } from './errors.ts'
import type { ApiResponse, Protocol } from './service.ts'

const CONTENT_TYPES: Readonly<Record<Protocol, string>> = {
  'json1.0': 'application/x-amz-json-1.0',
  'json1.1': 'application/x-amz-json-1.1',
  'rest-json': 'application/json',
}

/** Media type of a protocol's bodies. */
export function contentType(protocol: Protocol): string {
  return CONTENT_TYPES[protocol]
}

/** An error in the shape in which the SDK clients of the protocol expect it. */
export function errorResponse(error: ApiError, protocol: Protocol): ApiResponse {
  const { code, message, statusCode: status, fields } = error
  const headers = { 'content-type': contentType(protocol), 'x-amzn-errortype': code }
  const body = protocol === 'rest-json' ? { message, ...fields } : { __type: code, message, ...fields }
  return { status, headers, body: JSON.stringify(body) }
}
