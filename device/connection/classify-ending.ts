import { type DeviceError, deviceError, formatReasonCode, meaningOf, REASON } from '../errors/index.ts'
import type { LinkEnding } from './ending.ts'

/** What else is known when a connection ends. */
export interface EndingContext {
  clientId: string
  isTokenExpired: boolean
  /** What was sent and had no answer, as `publish <topic>` and `subscribe <filter>`. */
  unanswered: readonly string[]
}

const CREDENTIALS_REFUSED: readonly number[] = [
  // MQTT 3.1.1
  4,
  5,
  REASON.badUserNameOrPassword,
  REASON.notAuthorized,
  REASON.badAuthenticationMethod,
]
const TRY_LATER: readonly number[] = [
  // MQTT 3.1.1
  3,
  REASON.success,
  0x80,
  0x83,
  REASON.serverUnavailable,
  REASON.serverBusy,
  REASON.serverShuttingDown,
  REASON.messageRateTooHigh,
  REASON.quotaExceeded,
  REASON.administrativeAction,
  REASON.useAnotherServer,
  REASON.serverMoved,
  REASON.connectionRateExceeded,
  REASON.maximumConnectTime,
]
/** Of Node's TLS: the peer is not who it should be, or speaks no TLS 1.3. */
const TLS_FAILURE = /^(ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|TLS not|EPROTO)/

/** The typed reason behind the end of a connection. */
export function classifyEnding(ending: LinkEnding, context: EndingContext): DeviceError {
  const { kind, timeoutMs, problem = 'no reason given' } = ending
  if (kind === 'refused') return refused(ending.reasonCode ?? 0x80, ending.problem, context)
  if (kind === 'disconnected') return disconnected(ending.reasonCode ?? 0, ending.problem, context)
  if (kind === 'keepAlive') return deviceError('keep_alive_timeout', { timeoutMs })
  if (kind === 'timeout') return deviceError('connect_timeout', { timeoutMs })
  if (kind === 'protocol') return deviceError('protocol_error', { reasonCode: 'none', problem })
  if (kind === 'failed' && TLS_FAILURE.test(problem)) return deviceError('tls_failed', { problem })
  if (kind === 'failed') return deviceError('network_down', { problem })
  if (context.isTokenExpired) return deviceError('token_expired')
  return deviceError('network_down', { problem: 'the broker closed the connection' })
}

function refused(code: number, said: string | undefined, { isTokenExpired }: EndingContext): DeviceError {
  const reasonCode = formatReasonCode(code)
  const details = { reasonCode, problem: said ?? meaningOf(code) }
  if (CREDENTIALS_REFUSED.includes(code)) {
    return isTokenExpired ? deviceError('token_expired', details) : deviceError('connection_refused', details)
  }
  if (TRY_LATER.includes(code)) return deviceError('server_unavailable', details)
  return deviceError('connection_refused', details, { classification: 'fatal' })
}

function disconnected(code: number, said: string | undefined, context: EndingContext): DeviceError {
  const details = { reasonCode: formatReasonCode(code), problem: said ?? meaningOf(code) }
  if (code === REASON.sessionTakenOver) return deviceError('taken_over', { clientId: context.clientId })
  if (code === REASON.keepAliveTimeout)
    return deviceError('keep_alive_timeout', { ...details, timeoutMs: 'the keep-alive' })
  if (code === REASON.notAuthorized) {
    // the broker says the same when the authorization has lasted its time
    if (context.isTokenExpired) return deviceError('token_expired', details)
    return deviceError('forbidden', { ...details, action: context.unanswered.join(', ') || 'unknown' })
  }
  if (context.isTokenExpired) return deviceError('token_expired', details)
  return deviceError(TRY_LATER.includes(code) ? 'server_unavailable' : 'protocol_error', details)
}
