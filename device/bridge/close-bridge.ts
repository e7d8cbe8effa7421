import type { CloseOptions } from '../api/bridge.ts'
import type { ConnectOptions } from '../api/options.ts'
import { deviceError, REASON } from '../errors/index.ts'
import { createGate, pause } from '../timing/waits.ts'
import type { Parts } from './parts.ts'

/** Ends a bridge for good. See `Bridge.close`. */
export async function closeBridge(parts: Parts, options: ConnectOptions, close: CloseOptions = {}): Promise<void> {
  const { settings, outbox, supervisor, open } = parts
  const { endSession = options.session === 'clean', publishWill = false, wait = true } = close
  const operations = open.operations ?? new Set()
  const timeoutMs = close.timeoutMs ?? settings.timeouts.closeMs
  if (supervisor.current() && wait) await untilEmpty(parts, timeoutMs, close.signal)
  open.operations = undefined
  const ended = supervisor.close({
    reasonCode: publishWill ? REASON.disconnectWithWill : REASON.success,
    ...(endSession && settings.protocolVersion === 5 && { sessionExpirySeconds: 0 }),
  })
  outbox.close(deviceError('closed'))
  for (const operation of [...operations]) operation.close()
  parts.deadlines.clear()
  parts.unclaimed.close()
  if (wait) await ended
}

/** What is underway and what waits is sent, as long as there is time and a connection. */
async function untilEmpty(
  { settings, outbox, supervisor }: Parts,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const empty = createGate<void>()
  outbox.whenEmpty(empty.open)
  const late = new AbortController()
  const signals = signal ? AbortSignal.any([late.signal, signal]) : late.signal
  const time =
    timeoutMs === Number.POSITIVE_INFINITY ? new Promise<void>(() => {}) : pause(settings.clock, timeoutMs, signals)
  await Promise.race([empty.promise, time, supervisor.current()?.ended])
  late.abort()
}
