/**
 * The one table of errors. A code says what went wrong, `fault` whose it is (`user`: the sender can mend it, `system`: the
 * operator must), `retryable` whether the same request may succeed later, `httpStatus` what an HTTP caller is told.
 * `{name}` in a message is filled from the details given where the error is raised. docs/ERRORS.md is held against it by a test.
 */
export const ERRORS = {
  // what a device sent
  malformed_json: user(400, 'expected a JSON envelope, got {problem}'),
  invalid_envelope: user(400, 'the envelope is not valid: {problem}'),
  invalid_payload: user(400, 'the payload is not valid: {problem}'),
  unknown_layer: user(400, 'expected one of the memory layers {expected}, got "{actual}"'),
  payload_too_large: user(413, 'expected at most {limitBytes} bytes of payload, got {actualBytes}'),
  client_id_mismatch: user(403, 'metadata.client_id names "{actual}", but the connection belongs to "{expected}"'),
  sender_unverified: user(403, 'the message has no verified client id; requests are taken over MQTT only'),
  reply_to_forbidden: user(403, 'a reply to "{replyTo}" is not allowed here; allowed: {allowed}'),
  reply_too_large: user(413, 'the reply takes {actualBytes} bytes, over the limit of {limitBytes}; ask for less'),
  correlation_conflict: user(409, 'the correlation id was used before with another topic or payload'),
  deadline_exceeded: user(
    504,
    'the request was {ageMs} ms old, over its deadline of {limitMs} ms, and was not run',
    true,
  ),
  topic_unknown: user(404, 'topic "{topic}" is not in the contract'),
  topic_parameter_invalid: user(400, 'topic "{topic}": parameter {parameter} must fit [A-Za-z0-9:_-]{1,128}'),
  // handlers
  handler_failed: system(500, 'the handler failed', true),
  handler_timed_out: system(504, 'the handler ran out of time', true),
  handler_out_of_memory: system(500, 'the handler ran out of memory', true),
  store_unavailable: system(503, 'the store did not take the request: {operation}', true),
  lease_lost: system(409, 'another attempt took the request over (fence {fence})'),
  device_unregistered: user(403, 'no active device record for "{clientId}"'),
  // workflows
  workflow_unavailable: system(503, 'the workflow "{workflow}" could not be started', true),
  workflow_failed: system(500, 'the workflow failed', true),
  workflow_timed_out: system(504, 'the workflow ran out of time', true),
  workflow_stopped: system(503, 'the workflow was stopped', true),
  workflow_input_invalid: system(500, 'the workflow was given an input it does not know: {problem}'),
  workflow_result_invalid: system(500, 'the workflow gave a result that is not valid: {problem}', true),
  // api proxy
  upstream_not_configured: system(503, 'no API upstream is configured for this deployment'),
  upstream_unreachable: system(502, 'the API upstream could not be reached', true),
  upstream_timed_out: system(504, 'the API upstream gave no answer within {limitMs} ms', true),
  upstream_response_too_large: system(502, 'the API upstream answered more than {limitBytes} bytes'),
  upstream_redirect_refused: system(502, 'the API upstream redirected outside its base URL'),
  method_forbidden: user(403, 'role "{role}" may not use method {method}'),
  path_forbidden: user(403, 'role "{role}" may not reach this path'),
  path_invalid: user(400, 'the path is not valid: {problem}'),
  // publisher
  topic_not_publishable: system(403, 'topic "{topic}" is not one the cloud publishes to'),
  publish_failed: system(502, 'the message could not be published', true),
  outcome_invalid: system(500, 'the publisher was given a record it does not know: {problem}'),
  // requests to devices
  device_request_invalid: user(400, 'the request to the device is not valid: {problem}'),
  device_answer_pending: user(504, 'the device has not answered within {waitedMs} ms; it still may', true),
  device_request_unknown: user(404, 'no request to a device is known under this id'),
  device_offline: user(503, 'the device is not connected, and was not asked', true),
  device_request_expired: user(504, 'the device gave no answer by the deadline'),
  device_answer_invalid: user(502, 'the answer of the device is not valid: {code}'),
  device_failed: user(502, 'the device answered with an error: {code}'),
  // presence and events
  lifecycle_event_invalid: system(500, 'the lifecycle event is not one: {problem}'),
  event_not_announced: system(502, 'the event could not be announced: {problem}', true),
  // tokens and connections
  transport_unsupported: user(400, 'expected an MQTT connection with a client id, or a publish by HTTPS'),
  server_name_unknown: user(403, 'the TLS server name is none of this deployment'),
  client_id_invalid: user(400, 'expected a client id that fits [A-Za-z0-9:_-]{1,128}'),
  token_missing: user(401, 'expected a JWT as the MQTT password'),
  token_too_large: user(401, 'expected a token of at most {limitCharacters} characters, got {actualCharacters}'),
  token_malformed: user(401, 'the token is not a signed JWT'),
  token_algorithm_forbidden: user(401, 'the token is signed with {actual}, the key allows {expected}'),
  token_key_unknown: user(401, 'the token names a key id that is not in use'),
  token_key_revoked: user(403, 'the token is signed with version {actual} of the device key, which is not in use'),
  token_signature_invalid: user(401, 'the token signature does not fit the key'),
  token_expired: user(401, 'the token expired {ageSeconds} s ago', true),
  token_not_yet_valid: user(401, 'the token is valid only from {seconds} s from now', true),
  token_claims_invalid: user(401, 'the token claims are not valid: {problem}'),
  token_issuer_unknown: user(401, 'the token was issued by somebody else than the identity provider'),
  token_audience_unknown: user(401, 'the token was issued for another service'),
  token_lifetime_too_long: user(401, 'expected a lifetime of at most {limitSeconds} s, got {actualSeconds} s'),
  token_revoked: user(403, 'the token was issued before the time from which this device accepts tokens'),
  token_subject_mismatch: user(403, 'the token speaks for another client id than the connection'),
  certificate_missing: user(403, 'this endpoint takes a token only together with a client certificate'),
  certificate_foreign: user(403, 'the client certificate is none of this device'),
  permission_invalid: user(400, 'permission "{permission}" is not valid: {problem}'),
  rights_empty: user(403, 'the token and the role "{role}" have no right in common'),
  policy_too_large: user(
    400,
    'the rights take {actualDocuments} policy documents, over the limit of {limitDocuments} of {limitCharacters} characters by {overCharacters} characters; name fewer topics',
  ),
  device_unknown: user(403, 'no device is registered under this client id'),
  device_inactive: user(403, 'the device is registered with status "{status}"'),
  role_unknown: system(500, 'the device record names role "{role}", which the fleet does not define'),
  authorizer_unavailable: system(503, 'the authorizer could not read {what}', true),
  // token service
  token_request_invalid: user(400, 'the token request is not valid: {problem}'),
  caller_unverified: user(401, 'who asks for the token is not known, or may not'),
  issuer_unavailable: system(503, 'the token service could not read {what}', true),
  // keys
  rotation_too_early: system(409, 'the key before is still in use; rotate again in {seconds} s', true),
  rotation_invalid: system(500, 'the secret cannot be rotated: {problem}'),
  // configuration
  configuration_invalid: system(500, 'the configuration is not valid: {problem}'),
  fleet_invalid: user(400, 'the fleet file is not valid: {problem}'),
} as const

export type ErrorCode = keyof typeof ERRORS

type Placeholders<Message extends string> = Message extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `${number},${number}` ? never : Name) | Placeholders<Rest>
  : never
/** The details a code needs: one for each `{name}` in its message. */
export type ErrorDetails<Code extends ErrorCode> = Record<
  Placeholders<(typeof ERRORS)[Code]['message']>,
  string | number
>

/** An error of this project, recognised by its `code` (not by `instanceof`, which breaks between bundles). */
export interface BridgeError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, string | number>>
}

/**
 * Makes the error of a code; the message of the table with its details filled in. Its `name` is the code, which is what Lambda
 * reports as `errorType`.
 */
export function bridgeError<Code extends ErrorCode>(
  code: Code,
  ...[details, options]: Placeholders<(typeof ERRORS)[Code]['message']> extends never
    ? [details?: Record<string, never>, options?: { cause?: unknown }]
    : [details: ErrorDetails<Code>, options?: { cause?: unknown }]
): BridgeError {
  const values: Record<string, string | number> = details ?? {}
  const message = ERRORS[code].message.replace(/\{(\w*[a-zA-Z]\w*)\}/g, (_, name: string) => String(values[name]))
  return Object.assign(new Error(message, options), { name: code, code, details: values })
}

/** Tells whether a text is a code of the table. */
export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(ERRORS, text)
}

/** Tells whether a thrown value carries one of the codes of the table. */
export function isBridgeError(value: unknown): value is BridgeError {
  return value instanceof Error && 'code' in value && isErrorCode(value.code)
}

/** The code whose message a text is; undefined for any other text. For where only the message of an error is kept. */
export function codeOfMessage(text: string): ErrorCode | undefined {
  return (Object.keys(ERRORS) as ErrorCode[]).find((code) => messagePattern(code).test(text))
}

function messagePattern(code: ErrorCode): RegExp {
  const literals = ERRORS[code].message.split(/\{\w*[a-zA-Z]\w*\}/)
  return new RegExp(`^${literals.map((literal) => literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 's')
}

interface ErrorEntry<Fault extends 'user' | 'system', Message extends string> {
  readonly fault: Fault
  readonly httpStatus: number
  readonly message: Message
  readonly retryable: boolean
}

function user<Message extends string>(
  httpStatus: number,
  message: Message,
  retryable = false,
): ErrorEntry<'user', Message> {
  return { fault: 'user', httpStatus, message, retryable }
}

function system<Message extends string>(
  httpStatus: number,
  message: Message,
  retryable = false,
): ErrorEntry<'system', Message> {
  return { fault: 'system', httpStatus, message, retryable }
}
