import { ApiError } from '../../aws-api/index.ts'
import { BrokerError } from '../../broker/index.ts'

/** Names and statuses of https://docs.aws.amazon.com/iot/latest/apireference/API_Operations_AWS_IoT_Data_Plane.html */
const STATUS = {
  InvalidRequestException: 400,
  ForbiddenException: 403,
  ResourceNotFoundException: 404,
  MethodNotAllowedException: 405,
  RequestEntityTooLargeException: 413,
  ThrottlingException: 429,
  ServiceUnavailableException: 503,
  GatewayTimeoutException: 504,
} as const

export function dataPlaneError(code: keyof typeof STATUS, message: string): ApiError {
  return new ApiError(code, STATUS[code], message)
}

export function invalid(reason: string): ApiError {
  return dataPlaneError('InvalidRequestException', reason)
}

const BROKER_ERRORS = {
  topic_invalid: 'InvalidRequestException',
  payload_too_large: 'RequestEntityTooLargeException',
  properties_too_large: 'InvalidRequestException',
  publish_throttled: 'ThrottlingException',
  broker_closed: 'ServiceUnavailableException',
} as const satisfies Record<BrokerError['code'], keyof typeof STATUS>

/** What the broker refused, in the service's words; anything else stays what it is. */
export function fromBroker(error: unknown): unknown {
  return error instanceof BrokerError && error.code in BROKER_ERRORS
    ? dataPlaneError(BROKER_ERRORS[error.code], error.message)
    : error
}
