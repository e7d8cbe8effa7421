/**
 * MQTT 5 reason codes that this broker sends, a subset of those AWS IoT Core documents (plus 0x80 and 0x82 where its
 * list is silent). OASIS MQTT 5.0, 2.4; https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
 */
export const REASON = {
  success: 0x00,
  disconnectWithWill: 0x04,
  unspecifiedError: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  unsupportedProtocolVersion: 0x84,
  clientIdentifierNotValid: 0x85,
  badUserNameOrPassword: 0x86,
  notAuthorized: 0x87,
  serverShuttingDown: 0x8b,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  packetIdentifierInUse: 0x91,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  administrativeAction: 0x98,
  qosNotSupported: 0x9b,
  subscriptionIdentifiersNotSupported: 0xa1,
} as const

/** CONNACK return codes of MQTT 3.1.1. OASIS MQTT 3.1.1, 3.2.2.3 */
export const CONNACK_V4 = {
  accepted: 0,
  unacceptableProtocolVersion: 1,
  identifierRejected: 2,
  notAuthorized: 5,
} as const

/** The one SUBACK failure of MQTT 3.1.1. OASIS MQTT 3.1.1, 3.9.3 */
export const SUBACK_FAILURE_V4 = 0x80

/** Writes a reason code the way the specification prints it: `0x87`. */
export function formatReasonCode(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`
}
