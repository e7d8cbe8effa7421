/** Errors of the edge service; `{name}` is filled from the details. docs/EDGE.md is held against it by a test. */
export const EDGE_ERRORS = {
  body_malformed: entry(400, 'the body is not JSON'),
  body_invalid: entry(400, 'the request is not valid: {problem}'),
  body_too_large: entry(413, 'expected at most {limitBytes} bytes of body'),
  media_type_unsupported: entry(415, 'expected a body of type application/json'),
  route_unknown: entry(404, 'there is no such route'),
  request_malformed: entry(400, 'the request is no valid HTTP'),
  unauthorized: entry(401, 'expected the token of this service as "Authorization: Bearer …"'),
  host_forbidden: entry(403, 'this service does not go by the name in the Host header'),
  origin_forbidden: entry(403, 'pages of other origins may not call this service'),
  callback_forbidden: entry(400, 'this callback URL is not allowed: {problem}'),
  filter_invalid: entry(400, 'the filter is not valid: {problem}'),
  topic_denied: entry(403, 'no right to {action} "{topic}": {reason}'),
  topic_unanswered: entry(400, 'topic "{topic}" is not answered'),
  device_unidentified: entry(503, 'the organization and the id of this device are not known yet'),
  subscriptions_full: entry(429, 'there are {limit} subscriptions, which is the most'),
  streams_full: entry(429, 'there are {limit} streams, which is the most'),
  dead_letter_unknown: entry(404, 'there is no dead letter {id}'),
  store_failed: entry(503, 'the store failed: {problem}'),
  closing: entry(503, 'the service is ending'),
  internal: entry(500, 'something went wrong; the log of the service has it'),
} as const

export type EdgeErrorCode = keyof typeof EDGE_ERRORS

/** An error with the HTTP status that its caller gets. */
export class EdgeError extends Error {
  readonly code: EdgeErrorCode
  readonly httpStatus: number

  constructor(code: EdgeErrorCode, message: string, httpStatus: number, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'EdgeError'
    this.code = code
    this.httpStatus = httpStatus
  }
}

/** Makes the error of a code; the message of the table with its details filled in. */
export function edgeError(
  code: EdgeErrorCode,
  details: Readonly<Record<string, string | number>> = {},
  options?: { cause?: unknown },
): EdgeError {
  const { httpStatus, message } = EDGE_ERRORS[code]
  const text = message.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name]))
  return new EdgeError(code, text, httpStatus, options)
}

function entry(httpStatus: number, message: string) {
  return { httpStatus, message } as const
}
