export { type ConnectionRights, createConnectionGate } from './connections.ts'
export { iotControlService } from './control-plane.ts'
export { iotDataService } from './data-plane.ts'
export type { RuntimeLog, RuntimeLogEntry } from './log.ts'
export {
  type Authorizer,
  createIotRegistry,
  type DomainConfiguration,
  type IotRegistry,
  isOpenLocally,
  type Thing,
} from './registry.ts'
export {
  createRulesEngine,
  type RuleAction,
  type RulesEngine,
  type RuleTargets,
  type TopicRule,
} from './rules-engine.ts'
