import type { BrokerContext } from './context.ts'
import type { Message } from './message.ts'

/** What became of a direct message. `sent`: written to the client, with nothing asked back. */
export type DirectOutcome = 'sent' | 'acknowledged' | 'notConnected' | 'forbidden' | 'tooLarge' | 'busy' | 'timeout'

/**
 * Sends to one connected client, whatever it subscribed to, if it may receive the topic. With `confirmWithinMs` at QoS 1, and waits for the
 * PUBACK; a connection that ends meanwhile never acknowledges. The message is in no queue: it is not sent again.
 */
export async function sendDirect(
  { clients, clock, log }: Pick<BrokerContext, 'clients' | 'clock' | 'log'>,
  clientId: string,
  message: Message,
  confirmWithinMs: number | undefined,
): Promise<DirectOutcome> {
  const session = clients.get(clientId)?.session
  if (!session) return 'notConnected'
  const { promise, resolve } = Promise.withResolvers<DirectOutcome>()
  const qos = confirmWithinMs === undefined ? 0 : 1
  const result = session.sendDirect({ message, qos, retain: false, onEnd: resolve })
  log({ level: 'debug', event: 'direct_message', clientId, topic: message.topic, qos, result })
  if (result !== 'sent' || confirmWithinMs === undefined) return result
  const cancel = clock.after(confirmWithinMs, () => resolve('timeout'))
  return promise.finally(cancel)
}
