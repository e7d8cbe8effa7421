export { type DeviceRequestRecord, type Settlement, UNSENT } from './device-request-record.ts'
export {
  answerOutcome,
  completionOf,
  type DeviceFailure,
  deviceRequestState,
  expiredOutcome,
  failureOutcome,
} from './device-request-state.ts'
export type { DeviceRequests, NewDeviceRequest } from './device-requests.ts'
export { createDynamoDbDeviceRequests } from './dynamodb-device-requests.ts'
export { createDynamoDbStore } from './dynamodb-store.ts'
export { createMemoryDeviceRequests } from './memory-device-requests.ts'
export { createMemoryStore } from './memory-store.ts'
export type { CorrelationRecord } from './record.ts'
export {
  canonicalJson,
  deviceRequestId,
  deviceRequestKey,
  executionName,
  parseDeviceRequestId,
  requestHash,
  requestKey,
} from './request-key.ts'
export type { Claim, ClaimRequest, ClaimResult, CorrelationStore, Execution } from './store.ts'
