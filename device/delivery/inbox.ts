import type { IPublishPacket } from 'mqtt'
import { bridgeError, describeIssue, isBridgeError, type Wire } from '#contract/index.ts'
import type { BridgeEvent } from '../api/events.ts'
import type { Counters } from '../api/metrics.ts'
import type { Message } from '../api/operations.ts'
import type { Link } from '../connection/link.ts'
import type { Requests } from '../request/requests.ts'
import type { ResolvedTopic, TopicBinding } from '../topics/binding.ts'
import { decodeIncoming, type IncomingContent, type IncomingProperties } from '../wire/incoming.ts'
import { createDelivery, type Delivery } from './delivery.ts'
import { createRecentIds } from './recent-ids.ts'
import type { Subscriber } from './subscriber.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { Unclaimed } from './unclaimed.ts'

/** What arrives: taken apart, held against the contract, kept from being handled twice, and handed out. */
export interface Inbox {
  /** True: acknowledge at once. */
  receive(link: Link, topic: string, packet: IPublishPacket): boolean
}

export interface InboxOptions {
  binding: TopicBinding
  subscriptions: Subscriptions
  requests: Requests
  unclaimed: Unclaimed
  /** Message ids that are remembered. */
  deduplicate: number
  counters: Counters
  onEvent(event: BridgeEvent): void
}

/** An arrived message with what is known of it. */
interface Arrived {
  readonly topic: string
  readonly packet: IPublishPacket
  readonly properties: IncomingProperties
  readonly resolved: ResolvedTopic | undefined
  readonly content: IncomingContent
  readonly acknowledge: () => void
}

const decoder = new TextDecoder()

export function createInbox(options: InboxOptions): Inbox {
  const { binding, subscriptions, requests, unclaimed, counters, onEvent } = options
  const recent = createRecentIds(options.deduplicate)
  const pending = new Map<string, Delivery>()

  function reject(topic: string, error: unknown): true {
    const code = isBridgeError(error) ? error.code : 'invalid_payload'
    counters.rejected += 1
    onEvent({ type: 'rejected', topic, code, problem: error instanceof Error ? error.message : String(error) })
    return true
  }

  function isKnown({ topic, content, resolved, acknowledge }: Arrived): 'new' | 'handled' | 'underway' {
    const id = identityOf(content, topic, resolved)
    if (id === undefined) return 'new'
    const underway = pending.get(id)
    if (!underway && !recent.has(id)) return 'new'
    counters.duplicates += 1
    onEvent({ type: 'duplicate', topic, messageId: content.messageId ?? id })
    underway?.repeat(acknowledge)
    return underway ? 'underway' : 'handled'
  }

  function hand(arrived: Arrived, subscribers: readonly Subscriber[]): boolean {
    const { topic, content, resolved } = arrived
    const parsed = resolved?.definition.payload.safeParse(content.payload)
    if (parsed && !parsed.success) {
      return reject(topic, bridgeError('invalid_payload', { problem: describeIssue(parsed.error) }))
    }
    const payload = parsed ? parsed.data : content.payload
    const id = identityOf(content, topic, resolved)
    const forget = () => id !== undefined && pending.delete(id)
    const delivery = createDelivery(
      subscribers.length,
      () => {
        forget()
        if (id !== undefined) recent.add(id)
      },
      forget,
    )
    if (id !== undefined && options.deduplicate > 0) pending.set(id, delivery)
    for (const subscriber of subscribers) offer(arrived, subscriber, payload, delivery)
    if (delivery.isDone()) return true
    delivery.repeat(arrived.acknowledge)
    return false
  }

  function offer(arrived: Arrived, subscriber: Subscriber, payload: unknown, delivery: Delivery): void {
    const { topic, packet } = arrived
    const { acknowledge } = subscriber
    let isReleased = false
    const release = () => {
      if (isReleased) return
      isReleased = true
      delivery.release()
    }
    const message = messageOf(arrived, acknowledge === 'manual' ? release : () => {})
    subscriber.lane.offer({
      qos: packet.qos === 0 ? 0 : 1,
      run: () => subscriber.handle(payload, message),
      accepted: () => acknowledge === 'onReceipt' && release(),
      succeeded() {
        counters.handled += 1
        if (acknowledge === 'afterHandler') release()
      },
      failed(error) {
        counters.handlerFailures += 1
        onEvent({ type: 'handlerFailed', topic, error })
        if (!isReleased) delivery.fail()
      },
      overflowed() {
        onEvent({ type: 'overflow', topic })
        release()
      },
    })
  }

  function dispatch(arrived: Arrived, mayWait: boolean): boolean {
    const { topic, packet, content } = arrived
    const subscribers = subscriptions.subscribersOf(topic)
    const isReply = requests.settle(topic, content, () => messageOf(arrived, () => {}))
    if (subscribers.length > 0) return hand(arrived, subscribers)
    if (isReply) return true
    if (mayWait && packet.qos === 1 && unclaimed.keep({ topic, again: () => reclaim(arrived) })) return false
    onEvent({ type: 'unhandled', topic })
    return true
  }

  /** A request that was handled is answered again: the first answer may have been lost. */
  function answerAgain(arrived: Arrived): boolean {
    const responders = subscriptions.subscribersOf(arrived.topic).filter(({ answers }) => answers)
    return responders.length === 0 || hand(arrived, responders)
  }

  function reclaim(arrived: Arrived): void {
    if (dispatch(arrived, false)) arrived.acknowledge()
  }

  return {
    receive(link, topic, packet) {
      counters.received += 1
      const resolved = binding.resolve(topic)
      const properties: IncomingProperties = packet.properties ?? {}
      let content: IncomingContent
      try {
        content = decodeIncoming(
          wireOf(topic, resolved, binding),
          decoder.decode(packet.payload as Uint8Array),
          properties,
        )
      } catch (error) {
        return reject(topic, error)
      }
      const { messageId } = packet
      const acknowledge = () => messageId !== undefined && !link.hasEnded() && link.acknowledge(messageId)
      const arrived = { topic, packet, properties, resolved, content, acknowledge }
      const known = isKnown(arrived)
      if (known === 'new') return dispatch(arrived, true)
      return known === 'handled' && answerAgain(arrived)
    },
  }
}

/** On the private reply topic the form is that of the request, and outside the contract it is anything. */
function wireOf(topic: string, resolved: ResolvedTopic | undefined, binding: TopicBinding): Wire | undefined {
  if (!resolved) return binding.otherWire
  if (topic === binding.replyTopic) return undefined
  return resolved.definition.wire ?? 'envelope'
}

/**
 * What makes two deliveries the same message. A flat message's id is that of its exchange, of which later messages are others: it counts
 * for requests alone.
 */
function identityOf(content: IncomingContent, topic: string, resolved: ResolvedTopic | undefined): string | undefined {
  if (resolved?.definition.wire !== 'petal') return content.messageId
  return resolved.definition.reply && content.messageId !== undefined ? `${topic} ${content.messageId}` : undefined
}

function messageOf({ topic, packet, resolved, content }: Arrived, acknowledge: () => void): Message {
  return {
    key: resolved?.key,
    topic,
    params: resolved?.params ?? {},
    messageId: content.messageId,
    timestamp: content.timestamp,
    metadata: content.metadata,
    correlationId: content.correlationId,
    replyTo: content.replyTo,
    qos: packet.qos === 0 ? 0 : 1,
    retain: packet.retain,
    dup: packet.dup,
    userProperties: { ...(packet.properties?.userProperties as Record<string, string | string[]> | undefined) },
    contentType: packet.properties?.contentType,
    acknowledge,
  }
}
