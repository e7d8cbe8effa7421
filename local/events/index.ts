export type { BusDelivery } from './delivery-store.ts'
export {
  BusTargetError,
  type BusTargets,
  createEventBridge,
  DELIVERY_RETRY_MS,
  type EventBridge,
  type NewEvent,
} from './event-bridge.ts'
export { isInputPath, type TargetInput } from './input.ts'
export { EVENTS_PARITY } from './parity.ts'
export { compilePattern } from './pattern/compile-pattern.ts'
export { PatternError } from './pattern/pattern-error.ts'
export { putEntry } from './put-entry.ts'
export { type BusRule, busNameOf, DEFAULT_BUS, type RuleTarget } from './rules.ts'
export { EVENTS_OPERATIONS, eventsService } from './service.ts'
