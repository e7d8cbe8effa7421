import type { ConnectOptions } from '../api/options.ts'
import type { EncodedWill } from '../connection/connect-packet.ts'
import { type MessageParts, newUuid, prepareMessage } from './prepare-message.ts'

/** The Will as it stands in a CONNECT, with a message id and time of its own for each. Throws as a publish does. */
export function encodeWill(parts: MessageParts, will: NonNullable<ConnectOptions['will']>): EncodedWill {
  const { topic: key, payload, params, qos, retain, delaySeconds, expirySeconds } = will
  const definition = parts.binding.definition(key)
  const message = prepareMessage(parts, {
    key,
    definition,
    payload,
    options: { params, qos, retain, messageId: newUuid() },
    durable: false,
    onEnd() {},
  })
  return {
    topic: message.topic,
    payload: message.payload,
    qos: message.qos,
    retain: message.retain,
    properties: {
      ...(delaySeconds !== undefined && { willDelayInterval: delaySeconds }),
      ...(expirySeconds !== undefined && { messageExpiryInterval: expirySeconds }),
    },
  }
}
