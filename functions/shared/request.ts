import type { Context } from 'aws-lambda'
import type {
  Envelope,
  OutboundMessage,
  Outcome,
  PayloadInput,
  PayloadOf,
  ReplyOf,
  RequestKey,
  RuleEvent,
  TopicKey,
  TopicSettings,
} from '#contract/index.ts'
import type { Claim, CorrelationStore } from '#correlation/index.ts'
import type { Observer } from './observability.ts'

/** A message that passed decode, validate and claim. */
export interface BridgeRequest<Key extends TopicKey = TopicKey> {
  topicKey: Key
  payload: PayloadOf<Key>
  envelope: Envelope
  /** Who sent it, as the broker knows it. */
  clientId: string
  /** Identifies the request over all repeats, `client_id#correlation_id`: what effects are made idempotent with. */
  requestKey: string
  /** When the broker took it, epoch milliseconds. */
  receivedAtMs: number
  /** How long the function may still run. */
  remainingMs(): number
  /** Has the publisher send a message on a `toDevice` topic along with the reply, and again with the same id whenever that is repeated. */
  notify<Note extends TopicKey>(topicKey: Note, payload: PayloadInput<Note>): void
}

/** From a validated request to its reply, or to nothing where the topic is not answered. */
export type RouteHandler<Key extends TopicKey> = (
  request: BridgeRequest<Key>,
) => Promise<Key extends RequestKey ? ReplyOf<Key> : void>

export type Routes = { readonly [Key in TopicKey]?: RouteHandler<Key> }

/** What the chain works with; clock and ids are injected. */
export interface ChainDependencies {
  settings: TopicSettings
  /** Needed as soon as a route is a request. */
  correlation?: CorrelationStore
  observer: Observer
  component: string
  nowMs?: () => number
  newId?: () => string
}

/** What the steps of the chain learn about one message. */
export interface ChainState {
  event: RuleEvent
  /** As far as it could be read, so that an error can be answered. */
  messageId: string | null
  correlationId: string | null
  topicKey?: TopicKey
  envelope?: Envelope
  replyTopic?: string
  request?: BridgeRequest
  requestHash?: string
  claim?: Claim
  notifications: { topicKey: TopicKey; payload: unknown }[]
}

/** The middy request as the chain's middlewares see it. */
export interface ChainRequest {
  event: unknown
  context: Context
  response: Outcome | undefined | null
  error: Error | null
  internal: { chain?: ChainState } & Record<string, unknown>
}

/** The state that decode put there. */
export function chainState(request: ChainRequest): ChainState {
  const state = request.internal.chain
  if (!state) throw new Error('decode did not run')
  return state
}

/** Correlation data of MQTT 5 goes back as it came. */
export function withCorrelationData(message: OutboundMessage, event: RuleEvent): OutboundMessage {
  return event.correlation_data === undefined ? message : { ...message, correlation_data: event.correlation_data }
}
