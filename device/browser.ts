/** The device client for browsers: WebSockets alone, without files, certificates and environment of Node. Otherwise as index.ts. */
import type { Contract, ContractTopics } from '#contract/index.ts'
import type { Bridge } from './api/bridge.ts'
import type { ConnectOptions } from './api/options.ts'
import { connectBridge } from './bridge/connect-bridge.ts'
import { browserPlatform } from './transport/browser-platform.ts'

export { defineContract, jamey } from '#contract/index.ts'
export type { Bridge, CloseOptions } from './api/bridge.ts'
export type { BridgeEvent, BridgeEventOf, BridgeEventType } from './api/events.ts'
export type { Metrics } from './api/metrics.ts'
export { metricsText } from './api/metrics-text.ts'
export type {
  Handler,
  Message,
  MessageStream,
  OperationOptions,
  PublishOptions,
  PublishResult,
  RequestOptions,
  Responder,
  Stop,
  SubscribeOptions,
} from './api/operations.ts'
export type {
  AuthenticationMethod,
  ConnectOptions,
  LimitOptions,
  QueueOptions,
  ReconnectOptions,
  RenewalOptions,
  TokenReason,
  TokenSource,
  WillOptions,
} from './api/options.ts'
export type { BridgeState } from './api/state.ts'
export {
  AuthenticationError,
  type Classification,
  DEVICE_ERRORS,
  DeviceError,
  type DeviceErrorCode,
  deviceError,
  FatalError,
  isDeviceError,
  ReconnectableError,
  RecoverableError,
} from './errors/index.ts'
export type { QueueStore, StoredMessage } from './outbox/queue-store.ts'
export type { Clock } from './timing/clock.ts'
export { TIMEOUTS, type Timeouts, type TimeoutsPreset } from './timing/timeouts.ts'
export { deviceTokenSource } from './token/device-token-source.ts'
export type { PayloadInput, PayloadOf, ReplyInput, ReplyOf } from './topics/types.ts'

/** Connects a page. See `connect` of index.ts. */
export function connect<Topics extends ContractTopics>(
  contract: Contract<Topics>,
  options: ConnectOptions<Contract<Topics>>,
): Promise<Bridge<Contract<Topics>>> {
  return connectBridge(contract, options, browserPlatform)
}
