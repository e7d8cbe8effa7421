import { type DeviceError, deviceError } from './device-error.ts'

/** Reason codes that mean something of their own here. OASIS MQTT 5.0, 2.4 */
export const REASON = {
  success: 0x00,
  disconnectWithWill: 0x04,
  continueAuthentication: 0x18,
  reAuthenticate: 0x19,
  notAuthorized: 0x87,
  badUserNameOrPassword: 0x86,
  badAuthenticationMethod: 0x8c,
  serverUnavailable: 0x88,
  serverBusy: 0x89,
  serverShuttingDown: 0x8b,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  messageRateTooHigh: 0x96,
  quotaExceeded: 0x97,
  administrativeAction: 0x98,
  serverMoved: 0x9d,
  useAnotherServer: 0x9c,
  connectionRateExceeded: 0x9f,
  maximumConnectTime: 0xa0,
} as const

const MEANINGS: Readonly<Record<number, string>> = {
  1: 'unacceptable protocol version',
  2: 'identifier rejected',
  3: 'server unavailable',
  4: 'bad user name or password',
  5: 'not authorized',
  128: 'unspecified error',
  129: 'malformed packet',
  130: 'protocol error',
  131: 'implementation specific error',
  132: 'unsupported protocol version',
  133: 'client identifier not valid',
  134: 'bad user name or password',
  135: 'not authorized',
  136: 'server unavailable',
  137: 'server busy',
  138: 'banned',
  139: 'server shutting down',
  140: 'bad authentication method',
  141: 'keep-alive timeout',
  142: 'session taken over',
  143: 'topic filter invalid',
  144: 'topic name invalid',
  145: 'packet identifier in use',
  147: 'receive maximum exceeded',
  148: 'topic alias invalid',
  149: 'packet too large',
  150: 'message rate too high',
  151: 'quota exceeded',
  152: 'administrative action',
  153: 'payload format invalid',
  154: 'retain not supported',
  155: 'QoS not supported',
  156: 'use another server',
  157: 'server moved',
  158: 'shared subscriptions not supported',
  159: 'connection rate exceeded',
  160: 'maximum connect time',
  161: 'subscription identifiers not supported',
  162: 'wildcard subscriptions not supported',
}

/** Refusals of one message or subscription that may be taken later. */
const PASSING: readonly number[] = [
  REASON.serverBusy,
  REASON.messageRateTooHigh,
  REASON.quotaExceeded,
  // the broker still works on the message that was sent with this identifier before
  0x91,
]

/** What a reason code says in words. */
export function meaningOf(reasonCode: number): string {
  return MEANINGS[reasonCode] ?? 'unknown reason'
}

/** `0x87`. */
export function formatReasonCode(reasonCode: number): string {
  return `0x${reasonCode.toString(16).padStart(2, '0')}`
}

/** A refused publish or subscription. */
export function refusalError(
  code: 'publish_refused' | 'subscribe_refused',
  subject: { topic: string } | { filter: string },
  reasonCode: number,
): DeviceError {
  const details = { ...subject, reasonCode: formatReasonCode(reasonCode), problem: meaningOf(reasonCode) }
  return deviceError(code, details, PASSING.includes(reasonCode) ? { classification: 'recoverable' } : {})
}
