import type { Bridge, Clock, PublishOptions, PublishResult } from '#device/index.ts'
import type { Log } from '../logging/log.ts'
import { isEnveloped } from '../topics/edge-contract.ts'
import type { TopicAccess } from '../topics/topic-access.ts'
import { firstOf } from './first-of.ts'

export interface OutgoingMessage {
  topic: string
  /** JSON. */
  payload: unknown
  /** 2 is sent as 1, since AWS IoT Core has no 2. Default: 1. */
  qos?: 0 | 1 | 2 | undefined
  retain?: boolean | undefined
  expirySeconds?: number | undefined
}

export interface PublishAnswer {
  topic: string
  messageId: string
  /** `sent`: the broker has it, or at QoS 0 it was handed to the network. `queued`: it is kept, and on its way. */
  state: 'sent' | 'queued'
}

export interface EdgePublisher {
  /**
   * Publishes, and waits for the broker for a moment; after that the message is on its way by itself. Rejects with what the topic's checks throw, and
   * with what the broker refuses meanwhile.
   */
  publish(message: OutgoingMessage): Promise<PublishAnswer>
}

export interface PublisherOptions {
  bridge: Bridge
  access: TopicAccess
  clock: Clock
  log: Log
  answerWithinMs: number
  onPublished(topic: string): void
  /** Told of every message that was accepted. */
  onAccepted(topic: string, payload: unknown): void
}

export function createEdgePublisher(options: PublisherOptions): EdgePublisher {
  const { bridge, access, clock, log } = options

  function start(message: OutgoingMessage): Promise<PublishResult> {
    const { topic, payload, qos = 1, retain, expirySeconds } = message
    const { key, params } = access.publish(topic, { retain })
    if (qos === 2) log({ level: 'warn', event: 'qos_lowered', topic, asked: 2, sent: 1 })
    const settings: PublishOptions = {
      qos: qos === 0 ? 0 : 1,
      retain,
      expirySeconds,
      timeoutMs: Number.POSITIVE_INFINITY,
    }
    return isEnveloped(key)
      ? bridge.publish(key as never, payload as never, { ...settings, params })
      : bridge.publish(topic as never, JSON.stringify(payload) as never, settings)
  }

  return {
    async publish(message) {
      const { topic } = message
      const sending = start(message)
      let isAnswered = false
      sending.then(
        () => options.onPublished(topic),
        (error: unknown) => {
          if (!isAnswered) return
          const problem = error instanceof Error ? error.message : String(error)
          log({ level: 'error', event: 'publish_failed', topic, problem })
        },
      )
      const isConnected = bridge.state.status === 'connected'
      const first = await firstOf(sending, isConnected ? options.answerWithinMs : 0, clock)
      isAnswered = true
      options.onAccepted(topic, message.payload)
      return first ? { topic, messageId: first.messageId, state: 'sent' } : { topic, messageId: '', state: 'queued' }
    },
  }
}
