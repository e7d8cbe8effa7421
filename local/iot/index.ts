export { type ControlPlane, IOT_CONTROL_OPERATIONS, iotControlService } from './control-plane/index.ts'
export { IOT_DATA_OPERATIONS, iotDataService } from './data-plane/index.ts'
export { ENDPOINT_KINDS, type EndpointKind, endpointKindOf } from './endpoint-kinds.ts'
export {
  type ConnectionRights,
  certificateProblem,
  createConnectionGate,
  createPublishGate,
  type GateOptions,
  readTokenSigning,
} from './gate/index.ts'
export { type HttpsPublishListener, openHttpsPublishListener } from './https-publish.ts'
export type { RuntimeLog, RuntimeLogEntry } from './log.ts'
export {
  type Authorizer,
  type Certificate,
  type CertificateAuthority,
  createIotRegistry,
  type DomainConfiguration,
  type IotRegistry,
  type Thing,
  type ThingGroup,
} from './registry.ts'
export {
  ACTION_RETRY_DELAYS_MS,
  type ActionRights,
  createRulesEngine,
  MAX_ACTIONS,
  MAX_REPUBLISH_HOPS,
  type RepublishedMessage,
  type RepublishHeaders,
  RULES_PARITY,
  type RuleAction,
  type RuleCounts,
  type RulesEngine,
  type RuleTargets,
  type TopicRule,
} from './rules/index.ts'
export type { RuleObserver } from './rules/rule-observer.ts'
