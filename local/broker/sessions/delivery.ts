import type { Message, QoS } from '../message.ts'
import type { RateLimiter } from '../rates/rate-limiter.ts'
import type { DeliveryWindow } from './delivery-window.ts'

/** One message on its way to one client. */
export type Delivery = {
  message: Message
  qos: QoS
  retain: boolean
  /** Of the message in the store, when the store holds it. */
  position?: number
  /** When it was first sent to this client at QoS 1. */
  firstSentAtMs?: number
  /** Whose message it is, if not the session's own. */
  owner?: DeliveryOwner
}

/** A shared subscription, of which a session is only one member. */
export type DeliveryOwner = {
  /** The client has the message, or nobody will get it any more. */
  settle(delivery: Delivery): void
  /** The client did not acknowledge it and does not get it any more; another member may. */
  takeBack(delivery: Delivery): void
}

/** A message for this client alone, in no queue. Told when the client has acknowledged it, or will never do so any more. */
export type DirectDelivery = Delivery & { onEnd(outcome: 'acknowledged' | 'notConnected'): void }

export function isDirect(delivery: Delivery): delivery is DirectDelivery {
  return 'onEnd' in delivery
}

/** The way to a connected client. */
export type Outlet = {
  readonly window: DeliveryWindow<Delivery>
  /** The socket has not taken what was written before. */
  readonly congested: boolean
  /** How many messages a second may go this way. */
  readonly rate: RateLimiter
  mayReceive(message: Message): boolean
  /** Returns false when the client accepts no packet of that size; nothing is sent then. */
  send(delivery: Delivery, packetId?: number): boolean
}
