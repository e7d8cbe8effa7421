export type { BrokerObserver } from './broker/index.ts'
export type { GrantUse } from './iam/index.ts'
export type { RuntimeLog, RuntimeLogEntry } from './iot/index.ts'
export type { LogLine } from './lambda/index.ts'
export type { Billed, BilledItem } from './meter/index.ts'
export {
  RATE_LIMIT_MODES,
  type RateLimitMode,
  type Runtime,
  type RuntimeOptions,
  startRuntime,
} from './runtime/index.ts'
export type { Hop, HopKind, HopOutcome, Trace } from './trace/index.ts'
