import type { OperationOptions } from '../api/operations.ts'
import { deviceError } from '../errors/index.ts'
import { asDeviceError, runOperation } from './operation.ts'
import type { Parts } from './parts.ts'

/** The round trip of a PINGREQ in milliseconds. See `Bridge.ping`. */
export function ping(parts: Parts, options: OperationOptions = {}): Promise<number> {
  const { settings, supervisor } = parts
  const operation = { ...options, name: 'ping', subject: '', defaultTimeoutMs: settings.timeouts.pingMs, accepted: 0 }
  return runOperation(parts, operation, (settle) => {
    const live = supervisor.current()
    if (!live) throw deviceError('not_connected')
    const sentAtMs = settings.clock.monotonicMs()
    live.link.ping((isAlive) => {
      if (isAlive) settle.resolve(settings.clock.monotonicMs() - sentAtMs)
      else settle.reject(deviceError('not_connected'))
    })
  })
}

/** See `Bridge.renew`. */
export function renew(parts: Parts, options: OperationOptions = {}): Promise<void> {
  const { settings, supervisor } = parts
  const operation = { ...options, name: 'renew', subject: '', defaultTimeoutMs: settings.timeouts.connectMs }
  return runOperation<void>(parts, operation, (settle) => {
    supervisor.renew().then(
      () => settle.resolve(),
      (error: unknown) => settle.reject(asDeviceError(error)),
    )
  })
}
