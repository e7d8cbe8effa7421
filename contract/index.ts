export {
  type Contract,
  type ContractTopic,
  type ContractTopics,
  defineContract,
  jamey,
} from './catalogue.ts'
export {
  DEFAULT_STAGE,
  type DeploymentNames,
  DURABLE_ALIAS,
  deadLetterLabel,
  deadLetterQueueName,
  deploymentNames,
  functionName,
  IOT_LOG_GROUP,
  LOCAL_PORTS,
  RULE_ERRORS_LABEL,
  roleGroupName,
  rolePolicyName,
  STAGE_PATTERN,
  TABLE_KEYS,
  TOKEN_KEY_NAME,
  thingTypeName,
} from './deployment.ts'
export { parseDeviceKey } from './device-key-text.ts'
export {
  checkDevice,
  type DeviceRecord,
  deviceRecordSchema,
  SERVER_NAMES_KEY,
  serverNamesSchema,
} from './device-record.ts'
export {
  type Completion,
  completionSchema,
  type DeviceAnswer,
  type DeviceRequest,
  type DeviceRequestInput,
  type DeviceRequestState,
  deviceAnswerSchema,
  deviceRequestSchema,
  deviceRequestStateSchema,
  isProgress,
  longestWaitSeconds,
  PROGRESS_STATUS,
} from './device-request.ts'
export { ALL_PERMISSIONS, DEVICE_TOPICS, deviceTopicKey, isFlatTopic } from './device-topics.ts'
export {
  createEnvelope,
  describeIssue,
  type Envelope,
  envelopeSchema,
  type Json,
  MAX_CORRELATION_ID_CHARACTERS,
  MAX_PAYLOAD_BYTES,
  type MessageSource,
  type Metadata,
  metadataSchema,
  type ReplyMetadata,
} from './envelope.ts'
export {
  type BridgeError,
  bridgeError,
  codeOfMessage,
  ERRORS,
  type ErrorCode,
  type ErrorDetails,
  isBridgeError,
  isErrorCode,
} from './errors.ts'
export { type BridgeEvent, bridgeEventSchema, EVENT_SOURCE, EVENT_TYPES, EVENTS, type EventType } from './events.ts'
export { type DecisionRecord, type ExplainInput, explainRight } from './explain.ts'
export { codeOfFailure, type FailureCode } from './failure-code.ts'
export {
  apiAccessSchema,
  type Fleet,
  type FleetDevice,
  fleetSchema,
  parseFleet,
  type Role,
  type Roles,
  rolesSchema,
  THING_ATTRIBUTE,
} from './fleet.ts'
export {
  ANSWERABLE_MS,
  ASYNCHRONOUS_LIMITS,
  DEVICE_REQUEST_LIMITS,
  HTTP_WAIT,
  KEY_LIMITS,
  publishedUntilMs,
  REQUEST_LIMITS,
  TOKEN_LIMITS,
  WORKFLOW_LIMITS,
} from './limits.ts'
export {
  type ApiRequestProxy,
  type ApiResponse,
  type ConscienceEvaluationRequest,
  type ConscienceEvaluationResult,
  type ConscienceReviewResult,
  type ErrorNotification,
  errorNotification,
  FIELD_LIMITS,
  type Heartbeat,
  MEMORY_LAYERS,
  type MemoryEntry,
  type MemoryLayer,
  type MemoryQueryRequest,
  type MemoryQueryResult,
  type MemoryStoreRequest,
  type MemoryUpdate,
  memoryEntry,
  type SystemStatus,
} from './messages.ts'
export { METRIC_MEANINGS, METRICS, METRICS_NAMESPACE, type MetricDimension, type MetricName } from './metrics.ts'
export {
  type DeliverCommand,
  type DeliveryReceipt,
  deliverCommandSchema,
  deliveryReceiptSchema,
  type OutboundMessage,
  type Outcome,
  outboundMessageSchema,
  outcomeSchema,
  type PublishCommand,
  publishCommandSchema,
} from './outcome.ts'
export { payloadName } from './payload-name.ts'
export {
  type Identity,
  MAX_PERMISSIONS,
  type Permission,
  type PermissionAction,
  type PermissionDecision,
  type PermissionScope,
  parsePermission,
  permissionDecider,
  permissionDecision,
} from './permissions.ts'
export {
  type ArnPrefix,
  compilePolicyDocuments,
  POLICY_LIMITS,
  type PolicyDocument,
  type PolicyStatement,
} from './policy.ts'
export {
  eventOrder,
  type LifecycleEvent,
  lifecycleEventSchema,
  PRESENCE_LIMITS,
  type PresenceCheck,
  type PresenceRecord,
  presenceCheckSchema,
  presenceRecordSchema,
  presenceRules,
} from './presence.ts'
export {
  DEVICE_METRICS,
  EDGE_METRICS,
  type EdgeMetricName,
  type PrometheusMetric,
} from './prometheus-metrics.ts'
export { publishableResourceNames } from './publishable.ts'
export {
  type AnsweredRequest,
  asJson,
  createReply,
  errorNotificationOf,
  privateReplyTopic,
  replyTopicFor,
  type TopicSettings,
} from './reply.ts'
export { REVIEW_PATH, type ReviewCase, type ReviewDecision, reviewCase, reviewDecision } from './review.ts'
export { type EffectiveRights, effectiveRights, type GrantableTopic, grantableTopics } from './rights.ts'
export { type RuleEvent, ruleEventSchema } from './rule-event.ts'
export { CONSCIENCE_RULE_SET, RULE_SET_KEPT_SECONDS, type RuleSetRecord, ruleSetRecordSchema } from './rule-set.ts'
export { NO_CLIENT_ID, type RuleDefinition, ruleDefinitions, SQL_VERSION } from './rules.ts'
export {
  checkTokenTimes,
  deviceMasterSchema,
  ISSUER_ALGORITHM,
  type IssuerKey,
  issuerKeySchema,
  signingKey,
  type TokenClaims,
  tokenClaimsSchema,
  verificationKeys,
} from './token.ts'
export {
  containsFilter,
  matchesTopic,
  parseSharedSubscription,
  TOPIC_LIMITS,
  validateTopicFilter,
  validateTopicName,
} from './topic-filter.ts'
export { TOPIC_GUIDE, type TopicGuide } from './topic-guide.ts'
export {
  DEFAULT_ROOT,
  fillTemplate,
  IDENTIFIER_PATTERN,
  matchTemplate,
  type ParameterOf,
  parameterName,
  ROOT_PATTERN,
  resolveTopic,
  type TopicParameters,
  topicFilterOf,
  topicName,
  topicTemplate,
} from './topic-names.ts'
export {
  answerableMsOf,
  answerTopicKey,
  DEVICE_REQUEST_KEYS,
  type Delivery,
  type DeviceAnswerOf,
  type DeviceRequestKey,
  findDeviceRequestKey,
  functionOf,
  type HandlerName,
  isAnswerTopic,
  isTopicKey,
  type PayloadInput,
  type PayloadOf,
  REPLY_TOPIC,
  type ReplyOf,
  type RequestKey,
  TOPIC_KEYS,
  TOPICS,
  type TopicDefinition,
  type TopicKey,
  topicDefinition,
  type Wire,
  type WorkflowName,
} from './topics.ts'
export { TRACEPARENT, traceIdOf, traceIdOfUuid, traceparentOf } from './trace-context.ts'
export { type DeferredRequest, deferredRequestSchema, type WorkflowInput, workflowInputSchema } from './workflow.ts'
