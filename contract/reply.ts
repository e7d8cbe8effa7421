import {
  createEnvelope,
  type Envelope,
  type Json,
  type MessageSource,
  type Metadata,
  type ReplyMetadata,
} from './envelope.ts'
import { type BridgeError, bridgeError, ERRORS } from './errors.ts'
import type { ErrorNotification } from './messages.ts'
import { topicName } from './topic-names.ts'
import { isTopicKey, REPLY_TOPIC, type TopicKey, topicDefinition } from './topics.ts'

/** What a deployment decides about topics. */
export interface TopicSettings {
  root: string
  /** Topics marked `broadcast: 'optIn'` that this deployment opens for replies. */
  sharedReplies: readonly string[]
}

/** The private topic of a client: errors always go there. */
export function privateReplyTopic(root: string, clientId: string): string {
  return topicName(root, REPLY_TOPIC, { clientId })
}

/**
 * Where the reply of a request goes: to the private topic, or to the shared topic of the route where that is marked
 * `broadcast`. Throws reply_to_forbidden for any other `replyTo`: the publisher must not be made to write where the caller may not.
 */
export function replyTopicFor(
  key: TopicKey,
  clientId: string,
  replyTo: string | null,
  settings: TopicSettings,
): string {
  const own = privateReplyTopic(settings.root, clientId)
  const shared = sharedReplyTopic(key, settings)
  if (replyTo === null) return shared?.isDefault ? shared.topic : own
  const allowed = shared ? [own, shared.topic] : [own]
  if (!allowed.includes(replyTo)) {
    throw bridgeError('reply_to_forbidden', { replyTo: replyTo.slice(0, 256), allowed: allowed.join(', ') })
  }
  return replyTo
}

function sharedReplyTopic(key: TopicKey, settings: TopicSettings): { topic: string; isDefault: boolean } | undefined {
  const sharedKey = topicDefinition(key).reply?.sharedTopic
  if (sharedKey === undefined || !isTopicKey(sharedKey)) return undefined
  const { broadcast } = topicDefinition(sharedKey)
  const open = broadcast === 'default' || (broadcast === 'optIn' && settings.sharedReplies.includes(sharedKey))
  return open ? { topic: `${settings.root}/${sharedKey}`, isDefault: broadcast === 'default' } : undefined
}

/** The request a reply answers, as far as it could be read. */
export interface AnsweredRequest {
  clientId: string
  messageId: string | null
  correlationId: string | null
}

/** The envelope of a reply: the request's `correlation_id`, `in_reply_to` and `status` beside the payload. */
export function createReply<Payload>(
  request: AnsweredRequest,
  reply: { topic: string; payload: Payload; status: ReplyMetadata['status'] },
  source: MessageSource,
): Envelope<Payload> {
  const metadata: Partial<Metadata> & Omit<ReplyMetadata, keyof Metadata> = {
    client_id: request.clientId,
    correlation_id: request.correlationId,
    in_reply_to: request.messageId,
    status: reply.status,
  }
  return createEnvelope({ topic: reply.topic, payload: reply.payload, metadata }, source)
}

/** What a sender is told of an error. System faults carry only the text of the table, never a cause. */
export function errorNotificationOf(error: BridgeError, component: string): ErrorNotification {
  const { fault, retryable } = ERRORS[error.code]
  return {
    code: error.code,
    message: error.message,
    component,
    details: retryable ? 'the same request may be sent again with its correlation id' : null,
    severity: fault === 'system' ? 'critical' : 'error',
  }
}

/** A payload as it stands in an envelope: only what JSON can say. */
export function asJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value ?? null)) as Json
}
