import { type BridgeError, ERRORS, type ErrorCode } from '#contract/index.ts'
import { type Classification, DEVICE_ERRORS, type DeviceErrorCode } from './codes.ts'

type Details = Readonly<Record<string, unknown>>

/**
 * Every error of the device client. `code` is one of DEVICE_ERRORS, or of the contract for what does not fit it. Tell errors apart by
 * `code` or `classification`; the classes are for `instanceof` within one bundle.
 */
export class DeviceError extends Error {
  readonly code: DeviceErrorCode | ErrorCode
  readonly classification: Classification
  /** What the message is made of, and more. No token and no payload. */
  readonly details: Details

  constructor(
    code: DeviceErrorCode | ErrorCode,
    classification: Classification,
    message: string,
    { details = {}, cause }: { details?: Details; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.code = code
    this.classification = classification
    this.details = details
  }
}

/** The same call may succeed later. */
export class RecoverableError extends DeviceError {}
/** The connection is gone and comes back by itself. */
export class ReconnectableError extends DeviceError {}
/** Another token is needed. */
export class AuthenticationError extends DeviceError {}
/** Something must be changed first. */
export class FatalError extends DeviceError {}

const CLASSES = {
  recoverable: RecoverableError,
  reconnectable: ReconnectableError,
  authentication: AuthenticationError,
  fatal: FatalError,
} as const

interface DeviceErrorOptions {
  cause?: unknown
  /** Default: that of the table. */
  classification?: Classification
}

/** Makes the error of a code; the message of the table with its details filled in. */
export function deviceError(
  code: DeviceErrorCode,
  details: Details = {},
  options: DeviceErrorOptions = {},
): DeviceError {
  const { classification: usual, message } = DEVICE_ERRORS[code]
  const classification = options.classification ?? usual
  const text = message.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name]))
  return new CLASSES[classification](code, classification, text, { details, cause: options.cause })
}

/** An error of the contract as one of the device client: the caller must change what was given, unless it is marked as retryable. */
export function contractError(error: BridgeError): DeviceError {
  const classification = ERRORS[error.code].retryable ? 'recoverable' : 'fatal'
  return new CLASSES[classification](error.code, classification, error.message, {
    details: error.details,
    cause: error,
  })
}

/** Tells whether a thrown value is an error of the device client, also of another bundle. */
export function isDeviceError(value: unknown): value is DeviceError {
  return value instanceof Error && 'classification' in value && 'code' in value
}
