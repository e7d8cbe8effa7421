import type { Client } from '../client.ts'
import { endClient, logDenial } from '../client-ending.ts'
import type { BrokerContext } from '../context.ts'
import { deliveredProperties } from '../message.ts'
import { countDelivered } from '../metering.ts'
import { REASON } from '../reason-codes.ts'
import type { PublishPacket } from '../wire/packets.ts'
import type { Delivery, Outlet } from './delivery.ts'
import type { DeliveryWindow } from './delivery-window.ts'

/** The way from a session to its connected client. Each delivery is checked against the right to receive. */
export function createOutlet(context: BrokerContext, client: Client, window: DeliveryWindow<Delivery>): Outlet {
  const { clientId, connection, protocolVersion, rates } = client

  return {
    window,
    rate: rates.outbound,
    get congested() {
      return connection.congested
    },
    mayReceive(message) {
      const { allowed, reason } = client.authorize('receive', message.topic)
      if (allowed) return true
      logDenial(context, clientId, { action: 'receive', name: message.topic, reason })
      context.observer?.dropped(message, { clientId, reason })
      if (context.choices.deniedDelivery === 'disconnect') {
        const ending = { disconnectReason: 'AUTH_ERROR', reasonCode: REASON.notAuthorized } as const
        // not at once: the session is in the middle of its queue
        queueMicrotask(() => endClient(context, client, { ...ending, reason: 'a delivery was denied' }))
      }
      return false
    },
    send({ message, qos, retain }, packetId) {
      // AWS IoT Core does not support DUP: a message sent again looks like one sent for the first time.
      const packet: PublishPacket = {
        cmd: 'publish',
        topic: message.topic,
        payload: message.payload,
        qos,
        retain,
        dup: false,
      }
      if (packetId !== undefined) packet.messageId = packetId
      if (protocolVersion === 5) packet.properties = deliveredProperties(message, context.clock.nowMs())
      const isSent = connection.send(packet)
      if (isSent) countDelivered(context.count, message)
      if (isSent) context.observer?.delivered(message, { clientId, qos })
      return isSent
    },
  }
}
