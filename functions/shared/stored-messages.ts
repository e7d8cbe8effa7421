import { type OutboundMessage, TRACEPARENT, traceparentOf } from '#contract/index.ts'
import { currentTraceId } from './trace.ts'

/**
 * What a completed request keeps: its reply first, then the notifications that went with it, so that whoever publishes after a
 * crash publishes all of it, with the same ids. The trace is left out: a repeat has its own.
 */
export function storeMessages(messages: readonly OutboundMessage[]): string {
  return JSON.stringify(messages.map((message) => withTraceparent(message, undefined)))
}

/** Reads what {@link storeMessages} wrote; the reply goes to the topic that this repeat asked for, and all of it into its trace. */
export function restoreMessages(text: string, replyTopic: string | undefined): [OutboundMessage, ...OutboundMessage[]] {
  const [reply, ...notifications] = JSON.parse(text) as [OutboundMessage, ...OutboundMessage[]]
  const topic = replyTopic ?? reply.topic
  return [
    inTraceOfRepeat({ ...reply, topic, envelope: { ...reply.envelope, topic } }),
    ...notifications.map(inTraceOfRepeat),
  ]
}

function inTraceOfRepeat(message: OutboundMessage): OutboundMessage {
  const traceId = currentTraceId()
  return withTraceparent(message, traceId && traceparentOf(traceId, message.envelope.message_id))
}

function withTraceparent(message: OutboundMessage, traceparent: string | undefined): OutboundMessage {
  const { [TRACEPARENT]: _, ...metadata } = message.envelope.metadata
  const traced = traceparent === undefined ? metadata : { ...metadata, [TRACEPARENT]: traceparent }
  return { ...message, envelope: { ...message.envelope, metadata: traced as typeof message.envelope.metadata } }
}
