import { grantKeepAliveSeconds } from './keep-alive.ts'
import type { BrokerLimits } from './limits.ts'
import type { ProtocolVersion } from './message.ts'
import { REASON } from './reason-codes.ts'
import { isRefusal, type Refusal, refusal } from './refusal.ts'
import { readWill, type Will } from './will.ts'
import type { ConnectPacket } from './wire/packets.ts'

/** A CONNECT with everything granted that the broker decides by itself. */
export type ConnectTerms = {
  protocolVersion: ProtocolVersion
  clientId: string
  /** The client sent none and is told the one it got. */
  assigned: boolean
  cleanStart: boolean
  keepAliveSeconds: number
  sessionExpirySeconds: number
  /** QoS 1 messages the client takes at a time. */
  receiveMaximum: number
  /** The largest packet the client accepts, when it announced one. */
  maxPacketBytes: number | undefined
  will: Will | undefined
}

/** Checks a CONNECT and fixes its terms, or says what is wrong with it. */
export function readConnect(packet: ConnectPacket, newId: () => string, limits: BrokerLimits): ConnectTerms | Refusal {
  const { protocolVersion, properties = {}, clean = true, keepalive = 0 } = packet
  if (protocolVersion !== 4 && protocolVersion !== 5) {
    return refusal(REASON.unsupportedProtocolVersion, `the protocol is MQTT 3.1.1 or 5, got version ${protocolVersion}`)
  }
  const problem = findClientIdProblem(packet.clientId, protocolVersion, limits)
  if (problem) return refusal(REASON.clientIdentifierNotValid, problem)
  if (properties.authenticationMethod !== undefined) {
    return refusal(REASON.unspecifiedError, 'enhanced authentication is not supported')
  }
  if (properties.authenticationData !== undefined) {
    return refusal(REASON.protocolError, 'authentication data needs an authentication method')
  }
  const { receiveMaximum = limits.maxOutboundInFlight, maximumPacketSize } = properties
  if (receiveMaximum === 0) return refusal(REASON.unspecifiedError, 'Receive Maximum is at least 1, got 0')
  if (maximumPacketSize !== undefined && maximumPacketSize < limits.minAnnouncedPacketBytes) {
    const reason = `Maximum Packet Size is at least ${limits.minAnnouncedPacketBytes}, got ${maximumPacketSize}`
    return refusal(REASON.unspecifiedError, reason)
  }
  const will = packet.will && readWill(packet.will, limits)
  if (isRefusal(will)) return will
  return {
    protocolVersion,
    clientId: packet.clientId === '' ? newId() : packet.clientId,
    assigned: packet.clientId === '',
    cleanStart: clean,
    keepAliveSeconds: grantKeepAliveSeconds(keepalive, limits),
    sessionExpirySeconds:
      protocolVersion === 5
        ? Math.min(properties.sessionExpiryInterval ?? 0, limits.maxSessionExpirySeconds)
        : clean
          ? 0
          : limits.persistentSessionSeconds,
    receiveMaximum: Math.min(receiveMaximum, limits.maxOutboundInFlight),
    maxPacketBytes: maximumPacketSize,
    will,
  }
}

/** OASIS MQTT 5.0, 3.1.3.1; only MQTT 5 can tell a client which id it was given. */
function findClientIdProblem(clientId: string, version: ProtocolVersion, limits: BrokerLimits): string | undefined {
  if (clientId === '' && version === 4) return 'a client id is required in MQTT 3.1.1'
  const bytes = Buffer.byteLength(clientId)
  if (bytes > limits.maxClientIdBytes) return `a client id takes at most ${limits.maxClientIdBytes} bytes, got ${bytes}`
  return undefined
}
