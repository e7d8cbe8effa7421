/**
 * How an error is to be met. `recoverable`: the same call may succeed later. `reconnectable`: the connection is gone and comes back by itself.
 * `authentication`: another token is needed. `fatal`: something must be changed first.
 */
export type Classification = 'recoverable' | 'reconnectable' | 'authentication' | 'fatal'

/** Errors of the device client; `{name}` is filled from the details. docs/DEVICE.md is held against it by a test. */
export const DEVICE_ERRORS = {
  // why a connection ended or did not come about
  network_down: entry('reconnectable', 'the network connection failed: {problem}'),
  tls_failed: entry('reconnectable', 'the TLS connection failed: {problem}'),
  connect_timeout: entry('reconnectable', 'no connection within {timeoutMs} ms'),
  keep_alive_timeout: entry('reconnectable', 'no sign of life from the broker within {timeoutMs} ms'),
  server_unavailable: entry('reconnectable', 'the broker ended the connection ({reasonCode}): {problem}'),
  taken_over: entry('reconnectable', 'another connection uses the client id "{clientId}"'),
  token_renewal: entry('reconnectable', 'the connection is renewed with a new token'),
  token_expired: entry('authentication', 'the token has expired'),
  connection_refused: entry('authentication', 'the broker refused the connection ({reasonCode}): {problem}'),
  token_unavailable: entry('recoverable', 'no token could be had: {problem}'),
  forbidden: entry('authentication', 'the broker ended the connection because of a forbidden action: {action}'),
  protocol_error: entry('fatal', 'the broker and the client do not understand each other ({reasonCode}): {problem}'),
  breaker_open: entry('fatal', '{failures} attempts in a row failed, the last one: {problem}; reset() tries again'),
  // why an operation failed
  not_connected: entry('recoverable', 'there is no connection'),
  operation_timeout: entry('recoverable', '{operation} had no answer within {timeoutMs} ms'),
  reply_timeout: entry('recoverable', 'no reply from "{topic}" within {timeoutMs} ms'),
  reply_invalid: entry('fatal', 'the reply from "{topic}" does not fit the contract: {problem}'),
  request_refused: entry('fatal', 'the request to "{topic}" was answered with {code}: {problem}'),
  publish_refused: entry('fatal', 'the broker refused the message to "{topic}" ({reasonCode}): {problem}'),
  subscribe_refused: entry('fatal', 'the broker refused the subscription to "{filter}" ({reasonCode}): {problem}'),
  permission_denied: entry('fatal', 'no right to {action} "{topic}": {reason}; permissions: {permissions}'),
  queue_full: entry('recoverable', 'the queue is full: {maxMessages} messages wait'),
  message_expired: entry('recoverable', 'the message to "{topic}" expired before it was sent'),
  rate_exceeded: entry('recoverable', 'the limit of the connection is reached; try again in {waitMs} ms'),
  aborted: entry('recoverable', 'the operation was aborted by its caller'),
  closed: entry('fatal', 'the bridge is closed'),
  environment_invalid: entry('fatal', 'the configuration is not valid: {problem}'),
} as const

export type DeviceErrorCode = keyof typeof DEVICE_ERRORS

interface Entry {
  readonly classification: Classification
  readonly message: string
}

function entry<const Message extends string>(classification: Classification, message: Message) {
  return { classification, message } satisfies Entry
}
