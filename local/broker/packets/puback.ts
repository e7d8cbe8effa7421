import type { IPubackPacket } from 'mqtt-packet'
import type { Client } from '../client.ts'
import type { BrokerContext } from '../context.ts'
import { countAcknowledged } from '../metering.ts'

/** The client has a message; a reason code that says it refused it ends the delivery too. OASIS MQTT 5.0, 4.4 */
export function handlePuback(context: BrokerContext, client: Client, packet: IPubackPacket): void {
  countAcknowledged(context.count, packet)
  const { messageId = 0 } = packet
  if (client.session.acknowledge(messageId)) return
  context.log({ level: 'debug', event: 'puback_unknown', clientId: client.clientId, messageId })
}
