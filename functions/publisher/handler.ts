import { randomUUID } from 'node:crypto'
import {
  answerableMsOf,
  bridgeError,
  type DeliverCommand,
  type DeliveryReceipt,
  describeIssue,
  IDENTIFIER_PATTERN,
  isBridgeError,
  type OutboundMessage,
  type PublishCommand,
  privateReplyTopic,
  resolveTopic,
  topicDefinition,
} from '#contract/index.ts'
import type { CorrelationStore } from '#correlation/index.ts'
import type { Observer } from '../shared/observability.ts'
import { followEvent, followTrace, inTrace } from '../shared/trace.ts'
import { deliver, type Sender } from './deliver.ts'
import { failureError, failureReply } from './failure.ts'
import {
  type FailureRecord,
  type PublisherRecord,
  publisherEventSchema,
  type SuccessRecord,
  traceIdOfRecord,
} from './record.ts'

export interface PublisherDependencies extends Sender {
  root: string
  correlation: CorrelationStore
  observer: Observer
  newId?: () => string
  nowMs?: () => number
}

/**
 * The only way out to MQTT. Returns how many messages the broker took, and of a delivery what became of it; throws outcome_invalid,
 * topic_not_publishable, publish_failed.
 */
export function createPublisher(
  dependencies: PublisherDependencies,
): (event: unknown) => Promise<{ published: number } | DeliveryReceipt> {
  const { root, observer, correlation } = dependencies
  const newId = dependencies.newId ?? randomUUID
  const nowMs = dependencies.nowMs ?? Date.now

  return (event) => inTrace(undefined, () => publish(event))

  async function publish(event: unknown): Promise<{ published: number } | DeliveryReceipt> {
    try {
      const record = parseRecord(event)
      if ('requestPayload' in record) followEvent(record.requestPayload)
      followTrace(traceIdOfRecord(record))
      if (record.kind === 'delivery') return await delivered(record)
      const messages = await messagesOf(record)
      // all are judged before the first goes out
      for (const message of messages) checkTopic(message.topic)
      const [first, ...rest] = messages
      if (first) await send(first)
      await Promise.all(rest.map(send))
      observer.count('MessagesPublished', messages.length)
      if (messages.length > 0) measureAnswer(record)
      return { published: messages.length }
    } catch (error) {
      const coded = isBridgeError(error) ? error : undefined
      observer.count('SystemFaults', 1, coded ? { code: coded.code } : {})
      const cause = coded?.cause instanceof Error ? coded.cause.name : undefined
      observer.error('publish_failed', { code: coded?.code, reason: coded?.message, cause })
      throw error
    } finally {
      observer.flush()
    }
  }

  function parseRecord(event: unknown): PublisherRecord {
    const parsed = publisherEventSchema.safeParse(event)
    if (!parsed.success) throw bridgeError('outcome_invalid', { problem: describeIssue(parsed.error) })
    return parsed.data
  }

  async function messagesOf(record: Exclude<PublisherRecord, { kind: 'delivery' }>): Promise<OutboundMessage[]> {
    switch (record.kind) {
      case 'command':
        return isExpired(record) ? [] : record.publish.map(checkedCommand)
      case 'success':
        return isTooOld(record) ? [] : outcomeMessages(record)
      case 'failure':
        return isTooOld(record) ? [] : failureMessages(record)
    }
  }

  /** The whole way of what a device asked, up to the broker's word that it took the answer. */
  function measureAnswer(record: Exclude<PublisherRecord, { kind: 'delivery' }>): void {
    if (record.kind === 'command') return
    const { topic, received_at_ms: receivedAtMs } = record.requestPayload
    observer.measure('EndToEndLatency', Math.max(0, nowMs() - receivedAtMs), routeOf(topic))
  }

  function routeOf(topic: string): { route?: string } {
    const key = resolveTopic(root, topic)?.key
    return key === undefined ? {} : { route: key }
  }

  /** Put back by hand long after; the stored reply is there for whoever asks again. */
  function isTooOld({ requestPayload, requestContext }: SuccessRecord | FailureRecord): boolean {
    const ageMs = nowMs() - requestPayload.received_at_ms
    if (ageMs <= answerableMsOf(resolveTopic(root, requestPayload.topic)?.key).published) return false
    observer.count('OutcomesLate', 1, routeOf(requestPayload.topic))
    observer.warn('outcome_too_old', {
      request_id: requestContext.requestId,
      topic: requestPayload.topic,
      age_ms: ageMs,
    })
    return true
  }

  function isExpired({ expires_at_ms: expiresAtMs = Number.POSITIVE_INFINITY, publish }: PublishCommand): boolean {
    const lateMs = nowMs() - expiresAtMs
    if (lateMs <= 0) return false
    observer.warn('outcome_too_old', { messages: publish.length, late_ms: lateMs })
    return true
  }

  async function failureMessages(record: FailureRecord): Promise<OutboundMessage[]> {
    const message = await failureReply(record, { root, correlation, newId, nowMs })
    observer.warn('request_failed', {
      code: failureError(record, { root, nowMs }).code,
      condition: record.requestContext.condition,
      request_id: record.requestContext.requestId,
      client_id: record.requestPayload.client_id,
      topic: record.requestPayload.topic,
      told: message !== undefined,
    })
    return message ? [message] : []
  }

  function outcomeMessages({ responsePayload, requestPayload }: SuccessRecord): OutboundMessage[] {
    if (responsePayload.outcome !== 'reply' && responsePayload.outcome !== 'replay') return []
    const { client_id: sender } = requestPayload
    for (const { topic } of responsePayload.messages) {
      // a handler may answer its own sender and tell everybody, never one somebody else
      const isSomebodys = Object.keys(resolveTopic(root, topic)?.parameters ?? {}).length > 0
      if (isSomebodys && (!IDENTIFIER_PATTERN.test(sender) || topic !== privateReplyTopic(root, sender))) {
        throw bridgeError('topic_not_publishable', { topic })
      }
    }
    return responsePayload.messages
  }

  /** A workflow's message is held against the contract like a device's: its topic, and its payload. */
  function checkedCommand(message: OutboundMessage): OutboundMessage {
    checkTopic(message.topic)
    const key = resolveTopic(root, message.topic)?.key
    const parsed = key && topicDefinition(key).payload.safeParse(message.envelope.payload)
    if (message.envelope.topic !== message.topic) {
      throw bridgeError('outcome_invalid', { problem: 'envelope.topic: expected the topic it is published to' })
    }
    if (parsed?.error) throw bridgeError('outcome_invalid', { problem: `payload.${describeIssue(parsed.error)}` })
    return message
  }

  function checkTopic(topic: string): void {
    const key = resolveTopic(root, topic)?.key
    if (!key || topicDefinition(key).direction !== 'toDevice') {
      throw bridgeError('topic_not_publishable', { topic: topic.slice(0, 256) })
    }
  }

  /** As its topic wants to be delivered; a reply to a device that is away is what that delivery makes of it. */
  async function send(message: OutboundMessage): Promise<void> {
    const resolved = resolveTopic(root, message.topic)
    const clientId = resolved?.parameters.clientId
    const delivery = (resolved && topicDefinition(resolved.key).delivery) ?? 'topic'
    if (delivery === 'topic' || clientId === undefined) return attempt(() => dependencies.publish(message))
    const fate = await attempt(() => deliver(dependencies, { clientId, delivery, message }))
    if (fate !== 'offline') return
    observer.count('MessagesUndelivered')
    observer.warn('message_undelivered', { client_id: clientId, topic: message.topic })
  }

  async function delivered({ deliver: command }: DeliverCommand): Promise<DeliveryReceipt> {
    const { client_id: clientId, delivery, expiry_seconds: expirySeconds } = command
    const message = checkedCommand(command.message)
    const addressed = resolveTopic(root, message.topic)?.parameters.clientId
    if (addressed !== undefined && addressed !== clientId) {
      throw bridgeError('topic_not_publishable', { topic: message.topic })
    }
    const fate = await attempt(() => deliver(dependencies, { clientId, delivery, message, expirySeconds }))
    observer.count(fate === 'offline' ? 'MessagesUndelivered' : 'MessagesPublished')
    return { delivered: fate }
  }

  async function attempt<Value>(call: () => Promise<Value>): Promise<Value> {
    try {
      return await call()
    } catch (cause) {
      throw bridgeError('publish_failed', undefined, { cause })
    }
  }
}
