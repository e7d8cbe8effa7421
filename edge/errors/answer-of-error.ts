import { ERRORS, isBridgeError, isErrorCode } from '#contract/index.ts'
import { type DeviceError, type DeviceErrorCode, isDeviceError } from '#device/index.ts'
import { EdgeError, edgeError } from './edge-error.ts'

/** What an HTTP caller is told of an error. */
export interface ErrorAnswer {
  httpStatus: number
  code: string
  message: string
}

/** Of the device client's errors that reach a caller. The others are of the connection, which comes back by itself. */
const DEVICE_STATUS: Partial<Readonly<Record<DeviceErrorCode, number>>> = {
  permission_denied: 403,
  subscribe_refused: 403,
  forbidden: 403,
  rate_exceeded: 429,
  queue_full: 503,
  not_connected: 503,
  closed: 503,
  operation_timeout: 504,
  reply_timeout: 504,
  message_expired: 504,
  // the caller has gone: nobody reads it
  aborted: 499,
}
const OTHER_DEVICE_STATUS = 502

/** Undefined for an error without a code: its text is for the log alone. */
export function answerOfError(error: unknown): ErrorAnswer | undefined {
  if (error instanceof EdgeError) return { httpStatus: error.httpStatus, code: error.code, message: error.message }
  if (isDeviceError(error)) return { httpStatus: statusOf(error), code: error.code, message: error.message }
  if (isBridgeError(error)) {
    return { httpStatus: ERRORS[error.code].httpStatus, code: error.code, message: error.message }
  }
  if (isStoreError(error)) return answerOfError(edgeError('store_failed', { problem: error.message }))
  return ofFramework(error)
}

/** Of SQLite: a full disk, for example. It holds no values. */
function isStoreError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR'
}

function statusOf({ code, details }: DeviceError): number {
  if (isErrorCode(code)) return ERRORS[code].httpStatus
  if (code === 'request_refused') return statusOfRefusal(details.code)
  return DEVICE_STATUS[code] ?? OTHER_DEVICE_STATUS
}

/** What the far side refused because of the request stays the caller's; its faults are not ours. */
function statusOfRefusal(code: unknown): number {
  const status = isErrorCode(code) ? ERRORS[code].httpStatus : OTHER_DEVICE_STATUS
  return status < 500 ? status : OTHER_DEVICE_STATUS
}

/** Fastify has codes of its own for what it refuses before any handler. */
function ofFramework(error: unknown): ErrorAnswer | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined
  const { statusCode } = error
  if (statusCode === 413) return answerOfError(edgeError('body_too_large', { limitBytes: limitOf(error) }))
  if (statusCode === 415) return answerOfError(edgeError('media_type_unsupported'))
  if (statusCode === 400) return answerOfError(edgeError('body_malformed'))
  // a path that leads out of the reference's files
  if (statusCode === 403 || statusCode === 404) return answerOfError(edgeError('route_unknown'))
  return undefined
}

function limitOf(error: Error): number {
  return 'limitBytes' in error && typeof error.limitBytes === 'number' ? error.limitBytes : 0
}
