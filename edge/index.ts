/** MQTT for programs on a device that speak HTTP, or TypeScript: publish, subscribe with callbacks, commands and responses. */
export {
  COMMAND_ERRORS,
  type Command,
  CommandError,
  type CommandHandler,
  type CommandResponse,
  type HandlerOptions,
} from './commands/command.ts'
export {
  createRateStreams,
  type OperationProgress,
  type OperationResult,
  type RateStreams,
  startOperation,
} from './commands/operations.ts'
export { readEdgeSettings } from './configuration/read-settings.ts'
export type { EdgeSettings } from './configuration/settings.ts'
export type { DevicePrograms } from './device-programs.ts'
export { type DeviceOptions, type Edge, type EdgeOptions, startEdge } from './edge.ts'
export { EDGE_ERRORS, EdgeError, type EdgeErrorCode } from './errors/edge-error.ts'
export type { Log, LogEntry } from './logging/log.ts'
export type { EdgeService, RequestCall } from './service/edge-service.ts'
