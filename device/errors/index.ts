export { type Classification, DEVICE_ERRORS, type DeviceErrorCode } from './codes.ts'
export {
  AuthenticationError,
  contractError,
  DeviceError,
  deviceError,
  FatalError,
  isDeviceError,
  ReconnectableError,
  RecoverableError,
} from './device-error.ts'
export { formatReasonCode, meaningOf, REASON, refusalError } from './reason-codes.ts'
