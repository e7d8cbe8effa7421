import type { IPublishPacket } from 'mqtt-packet'
import type { Client } from './client.ts'
import { logDenial } from './client-ending.ts'
import type { BrokerContext } from './context.ts'
import type { DeliveryWindow } from './delivery-window.ts'
import { deliveredProperties } from './message.ts'
import type { Delivery, Outlet } from './session.ts'

/** The way from a session to its connected client. Each delivery is checked against the right to receive. */
export function createOutlet(context: BrokerContext, client: Client, window: DeliveryWindow<Delivery>): Outlet {
  const { clientId, connection, protocolVersion } = client

  return {
    window,
    get congested() {
      return connection.congested
    },
    mayReceive(topic) {
      const { allowed, reason } = client.authorize('receive', topic)
      if (!allowed) logDenial(context, clientId, { action: 'receive', name: topic, reason })
      return allowed
    },
    send({ message, qos, retain }, packetId) {
      // AWS IoT Core does not support DUP: a message sent again looks like one sent for the first time.
      const packet: IPublishPacket = {
        cmd: 'publish',
        topic: message.topic,
        payload: message.payload,
        qos,
        retain,
        dup: false,
      }
      if (packetId !== undefined) packet.messageId = packetId
      if (protocolVersion === 5) packet.properties = deliveredProperties(message, context.clock.nowMs())
      return connection.send(packet)
    },
  }
}
