import type { Delivery, DeliveryReceipt, OutboundMessage } from '#contract/index.ts'

/** The two ways out. Both reject when the service does not take the message. */
export interface Sender {
  /** Publishes one message and resolves when the broker has taken it. `expirySeconds`: how long it is kept for who is away. */
  publish(message: OutboundMessage, expirySeconds?: number): Promise<void>
  /** Sends one message to the connection of a client, and tells what is known of its arrival. */
  sendDirect(clientId: string, message: OutboundMessage): Promise<'confirmed' | 'unconfirmed' | 'offline'>
}

/**
 * Sends one message to one device. A device that has not confirmed may have gone without a word: where the topic is the second way, the message
 * takes that too, and a device that has it already knows it by its correlation id.
 */
export async function deliver(
  sender: Sender,
  options: { clientId: string; delivery: Delivery; message: OutboundMessage; expirySeconds?: number },
): Promise<DeliveryReceipt['delivered']> {
  const { clientId, delivery, message, expirySeconds } = options
  if (delivery !== 'topic') {
    const fate = await sender.sendDirect(clientId, message)
    if (delivery === 'direct' || fate === 'confirmed') return fate
  }
  await sender.publish(message, expirySeconds)
  return 'published'
}
