import type { OutboundMessage } from '#contract/index.ts'

/**
 * What a completed request keeps: its reply first, then the notifications that went with it, so that whoever publishes after a
 * crash publishes all of it, with the same ids.
 */
export function storeMessages(messages: readonly OutboundMessage[]): string {
  return JSON.stringify(messages)
}

/** Reads what {@link storeMessages} wrote; the reply goes to the topic that this repeat asked for. */
export function restoreMessages(text: string, replyTopic: string | undefined): [OutboundMessage, ...OutboundMessage[]] {
  const [reply, ...notifications] = JSON.parse(text) as [OutboundMessage, ...OutboundMessage[]]
  const topic = replyTopic ?? reply.topic
  return [{ ...reply, topic, envelope: { ...reply.envelope, topic } }, ...notifications]
}
