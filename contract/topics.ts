import type * as z from 'zod'
import { ANSWERABLE_MS, type AnswerableMs, WORKFLOW_LIMITS } from './limits.ts'
import {
  anyReply,
  apiRequestProxy,
  apiResponse,
  conscienceEvaluationRequest,
  conscienceEvaluationResult,
  conscienceReviewResult,
  errorNotification,
  heartbeat,
  memoryEntry,
  memoryQueryRequest,
  memoryQueryResult,
  memoryStoreRequest,
  memoryUpdate,
  petalCommand,
  petalMessage,
  systemStatus,
} from './messages.ts'

/** The functions that topic rules invoke. Each is a folder under functions/. */
export type HandlerName = 'conscience' | 'memory' | 'api' | 'events' | 'answers' | 'starter'
/** The workflows that topics start. What runs under a name is the deployment's: a durable function or a state machine. */
export type WorkflowName = 'review'

/**
 * How a message stands on the wire. `envelope`: JSON with metadata around the payload. `bare`: the payload alone, correlated by MQTT 5
 * properties. `petal`: one flat JSON object, correlated by its `messageId`. `text`: as `bare`, but the payload is a text as it is, no JSON.
 */
export type Wire = 'envelope' | 'bare' | 'petal' | 'text'

/**
 * How the publisher sends to one device. `topic`: a publish, which subscribers get, also a persistent session that is away. `direct`: to the
 * connection of that device, subscribed or not, and it is known whether it arrived; not at all while the device is away.
 * `direct_then_topic`: direct, and by topic while the device is away, for its persistent session.
 */
export type Delivery = 'topic' | 'direct' | 'direct_then_topic'

export interface TopicDefinition {
  /**
   * `toCloud`: devices publish. `toDevice`: the publisher publishes, devices subscribe. `shared`: devices publish and
   * subscribe, the cloud only listens. No topic with a rule is ever published to by the cloud, or it would loop.
   */
  readonly direction: 'toCloud' | 'toDevice' | 'shared'
  readonly qos: 0 | 1
  readonly payload: z.ZodType
  /** Makes the topic a request: what its reply carries, and the shared topic a reply may also go to. */
  readonly reply?: { readonly payload: z.ZodType; readonly sharedTopic?: string }
  /** The function its topic rule invokes; a `toCloud` topic without one is granted to nobody. */
  readonly handledBy?: Exclude<HandlerName, 'starter'>
  /** Instead of a function: the workflow that answers the request, as long as that may take. */
  readonly workflow?: WorkflowName
  /** How long a client waits for the answer unless it says otherwise. @default the client's own limit for requests */
  readonly answeredWithinMs?: number
  /**
   * For `toDevice` topics that all subscribers share: `default` answers there when a request names no reply topic,
   * `optIn` only in deployments that list it and for requests that name it.
   */
  readonly broadcast?: 'default' | 'optIn'
  /**
   * Makes a `toDevice` topic a request to a device: the topic on which the device answers, whose payload is the answer's and whose
   * parameters are the request's.
   */
  readonly answeredOn?: string
  /** Of `toDevice` topics that one device gets. Default: `topic`. */
  readonly delivery?: Delivery
  /** Default: `envelope`. */
  readonly wire?: Wire
  /** The template stands outside the configurable root. */
  readonly absolute?: true
}

/**
 * All topics. The key is the template, below `{root}/` unless the entry is `absolute`. `{clientId}`, `{organizationId}` and
 * `{deviceId}` stand for one level each and always bind to the device's own registered values.
 */
export const TOPICS = {
  'conscience/evaluate': {
    direction: 'toCloud',
    qos: 1,
    payload: conscienceEvaluationRequest,
    reply: { payload: conscienceEvaluationResult, sharedTopic: 'conscience/results' },
    handledBy: 'conscience',
  },
  'conscience/review': {
    direction: 'toCloud',
    qos: 1,
    payload: conscienceEvaluationRequest,
    reply: { payload: conscienceReviewResult },
    workflow: 'review',
    answeredWithinMs: (WORKFLOW_LIMITS.decisionSeconds + WORKFLOW_LIMITS.executionMarginSeconds) * 1_000,
  },
  'conscience/results': { direction: 'toDevice', qos: 1, payload: conscienceEvaluationResult, broadcast: 'default' },
  'memory/store': {
    direction: 'toCloud',
    qos: 1,
    payload: memoryStoreRequest,
    reply: { payload: memoryEntry },
    handledBy: 'memory',
  },
  'memory/query': {
    direction: 'toCloud',
    qos: 1,
    payload: memoryQueryRequest,
    reply: { payload: memoryQueryResult },
    handledBy: 'memory',
  },
  'memory/updates': { direction: 'toDevice', qos: 1, payload: memoryUpdate },
  'api/requests': {
    direction: 'toCloud',
    qos: 1,
    payload: apiRequestProxy,
    reply: { payload: apiResponse, sharedTopic: 'api/responses' },
    handledBy: 'api',
  },
  'api/responses': { direction: 'toDevice', qos: 1, payload: apiResponse, broadcast: 'optIn' },
  'responses/{clientId}': { direction: 'toDevice', qos: 1, payload: anyReply },
  'devices/{clientId}/requests': {
    direction: 'toDevice',
    qos: 1,
    payload: apiRequestProxy,
    answeredOn: 'devices/{clientId}/responses',
    delivery: 'direct_then_topic',
  },
  'devices/{clientId}/responses': { direction: 'toCloud', qos: 1, payload: apiResponse, handledBy: 'answers' },
  'events/status': { direction: 'shared', qos: 1, payload: systemStatus, handledBy: 'events' },
  'events/heartbeat': { direction: 'shared', qos: 0, payload: heartbeat, handledBy: 'events' },
  'events/errors': { direction: 'shared', qos: 1, payload: errorNotification, handledBy: 'events' },
  'org/{organizationId}/device/{deviceId}/command/edge': {
    direction: 'toDevice',
    qos: 1,
    payload: petalCommand,
    answeredOn: 'org/{organizationId}/device/{deviceId}/response',
    delivery: 'direct_then_topic',
    wire: 'petal',
    absolute: true,
  },
  'org/{organizationId}/device/{deviceId}/command': {
    direction: 'toDevice',
    qos: 1,
    payload: petalCommand,
    answeredOn: 'org/{organizationId}/device/{deviceId}/response',
    delivery: 'direct_then_topic',
    wire: 'petal',
    absolute: true,
  },
  'org/{organizationId}/device/{deviceId}/command/web': {
    direction: 'shared',
    qos: 1,
    payload: petalMessage,
    wire: 'petal',
    absolute: true,
  },
  'org/{organizationId}/device/{deviceId}/response': {
    direction: 'shared',
    qos: 1,
    payload: petalMessage,
    handledBy: 'answers',
    wire: 'petal',
    absolute: true,
  },
  'org/{organizationId}/device/{deviceId}/telemetry': {
    direction: 'shared',
    qos: 1,
    payload: petalMessage,
    handledBy: 'events',
    wire: 'petal',
    absolute: true,
  },
  'org/{organizationId}/device/{deviceId}/status': {
    direction: 'shared',
    qos: 1,
    payload: petalMessage,
    handledBy: 'events',
    wire: 'petal',
    absolute: true,
  },
} as const satisfies Readonly<Record<string, TopicDefinition>>

export type TopicKey = keyof typeof TOPICS
/** What a sender may write on a topic, before defaults are filled in. */
export type PayloadInput<Key extends TopicKey> = z.input<(typeof TOPICS)[Key]['payload']>
export type PayloadOf<Key extends TopicKey> = z.output<(typeof TOPICS)[Key]['payload']>
/** The topics that are answered. */
export type RequestKey = {
  [Key in TopicKey]: (typeof TOPICS)[Key] extends { reply: unknown } ? Key : never
}[TopicKey]
export type ReplyOf<Key extends RequestKey> = z.output<(typeof TOPICS)[Key]['reply']['payload']>

/** The topics by which the cloud asks a device. */
export type DeviceRequestKey = {
  [Key in TopicKey]: (typeof TOPICS)[Key] extends { answeredOn: TopicKey } ? Key : never
}[TopicKey]
/** What a device answers to a request of the cloud. */
export type DeviceAnswerOf<Key extends DeviceRequestKey> = PayloadOf<(typeof TOPICS)[Key]['answeredOn']>

/** The private topic every reply goes to unless the request says otherwise, and every error always. */
export const REPLY_TOPIC = 'responses/{clientId}' satisfies TopicKey

/** The definition of a topic with its optional parts visible. */
export function topicDefinition(key: TopicKey): TopicDefinition {
  return TOPICS[key]
}

/** The function that the topic rule invokes: the handler, or the starter where a workflow answers; none for what is granted to nobody. */
export function functionOf(key: TopicKey): HandlerName | undefined {
  const { handledBy, workflow } = topicDefinition(key)
  return workflow ? 'starter' : handledBy
}

/** How old a message on this topic may be. */
export function answerableMsOf(key: TopicKey | undefined): AnswerableMs {
  return ANSWERABLE_MS[key && topicDefinition(key).workflow ? 'workflow' : 'request']
}

/** All keys, in the order of the table. */
export const TOPIC_KEYS = Object.keys(TOPICS) as readonly TopicKey[]

/** {@link DeviceRequestKey} as a list. */
export const DEVICE_REQUEST_KEYS = TOPIC_KEYS.filter(
  (key): key is DeviceRequestKey => answerTopicKey(key) !== undefined,
)

/** The topic on which devices answer requests that came on this one; undefined when it carries none. */
export function answerTopicKey(key: TopicKey): TopicKey | undefined {
  const { answeredOn } = topicDefinition(key)
  return answeredOn !== undefined && isTopicKey(answeredOn) ? answeredOn : undefined
}

/** The request topic that a text names, in full or by its end: `command/edge`. */
export function findDeviceRequestKey(text: string): DeviceRequestKey | undefined {
  return DEVICE_REQUEST_KEYS.find((key) => key === text || key.endsWith(`/${text}`))
}

/** Tells whether devices answer the cloud on this topic. */
export function isAnswerTopic(key: TopicKey): boolean {
  return DEVICE_REQUEST_KEYS.some((request) => answerTopicKey(request) === key)
}

/** Tells whether a text names a topic of the table. */
export function isTopicKey(text: string): text is TopicKey {
  return Object.hasOwn(TOPICS, text)
}
