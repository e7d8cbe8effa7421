import type { Context } from 'aws-lambda'
import {
  type BridgeError,
  type DeferredRequest,
  type Envelope,
  type OutboundMessage,
  type Outcome,
  type PayloadInput,
  type PayloadOf,
  privateReplyTopic,
  type ReplyOf,
  type RequestKey,
  type RuleEvent,
  type TopicKey,
  type TopicSettings,
} from '#contract/index.ts'
import type { Claim, CorrelationStore } from '#correlation/index.ts'
import type { Deferral } from './deferral.ts'
import type { Observer } from './observability.ts'

/** A message that passed decode, validate and claim. */
export interface BridgeRequest<Key extends TopicKey = TopicKey> {
  topicKey: Key
  /** Its name. */
  topic: string
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
  /** What an execution needs to answer the request in the place of its handler. */
  answeredLater(): DeferredRequest
}

/** From a validated request to its reply or to who gives it later, or to nothing where the topic is not answered. */
export type RouteHandler<Key extends TopicKey> = (
  request: BridgeRequest<Key>,
) => Promise<Key extends RequestKey ? ReplyOf<Key> | Deferral : void>

export type Routes = { readonly [Key in TopicKey]?: RouteHandler<Key> }

/** What the chain works with; clock and ids are injected. */
export interface ChainDependencies {
  settings: TopicSettings
  /** Needed as soon as a route is a request. */
  correlation?: CorrelationStore
  observer: Observer
  component: string
  /** Told of every message that is refused for what its sender did wrong, before the sender is. */
  refused?: (state: ChainState, error: BridgeError) => Promise<void>
  nowMs?: () => number
  newId?: () => string
}

/** What the steps of the chain learn about one message. */
export interface ChainState {
  event: RuleEvent
  /** As far as it could be read, so that an error can be answered. */
  messageId: string | null
  correlationId: string | null
  /** Sent without envelope, so answered without. */
  isBare: boolean
  topicKey?: TopicKey
  envelope?: Envelope
  replyTopic?: string
  request?: BridgeRequest
  requestHash?: string
  claim?: Claim
  /** On the clock of `performance`. */
  claimedAtMs?: number
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

/**
 * A reply in the form of its request: correlation data of MQTT 5 goes back as it came, and no envelope to who sent none. On a shared topic
 * others listen, who count on the envelope.
 */
export function inFormOfRequest(
  message: OutboundMessage,
  { event, isBare }: { event: Pick<RuleEvent, 'client_id' | 'correlation_data'>; isBare: boolean },
  root: string,
): OutboundMessage {
  const isPrivate = message.topic === privateReplyTopic(root, event.client_id)
  return {
    ...message,
    ...(event.correlation_data !== undefined && { correlation_data: event.correlation_data }),
    ...(isBare && isPrivate && { form: 'bare' as const }),
  }
}
