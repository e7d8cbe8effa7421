import type { Contract, ContractTopics } from '#contract/index.ts'
import type { Bridge } from '../api/bridge.ts'
import type { ConnectOptions } from '../api/options.ts'
import { type DeviceError, deviceError } from '../errors/index.ts'
import { createSystemClock } from '../timing/clock.ts'
import { resolveTimeouts } from '../timing/timeouts.ts'
import type { AnyContract } from '../topics/types.ts'
import type { Platform } from '../transport/platform.ts'
import { createBridge } from './create-bridge.ts'
import { asDeviceError } from './operation.ts'

/** Makes a bridge and waits for its first connection. See `connect`. */
export async function connectBridge<Topics extends ContractTopics>(
  contract: Contract<Topics>,
  options: ConnectOptions<Contract<Topics>>,
  platform: Platform,
): Promise<Bridge<Contract<Topics>>> {
  const anyOptions = options as unknown as ConnectOptions
  const { bridge, start } = made(contract, anyOptions, platform)
  if (options.startOffline) {
    start()
  } else {
    try {
      await firstConnection(bridge, anyOptions, start)
    } catch (error) {
      await bridge.close({ wait: false })
      throw error
    }
  }
  return bridge as unknown as Bridge<Contract<Topics>>
}

function made(contract: AnyContract, options: ConnectOptions, platform: Platform) {
  try {
    return createBridge(contract, options, platform)
  } catch (error) {
    throw asDeviceError(error)
  }
}

/** Failures that another try will not mend in time: whoever waits wants to know. */
const TOLD_AT_ONCE: readonly string[] = ['tls_failed', 'token_unavailable', 'protocol_error']

function firstConnection(bridge: Bridge, options: ConnectOptions, start: () => void): Promise<void> {
  const { signal, clock = createSystemClock() } = options
  const timeoutMs = resolveTimeouts(options.timeouts).connectMs
  return new Promise((resolve, reject) => {
    let last: DeviceError | undefined
    const end = (error?: DeviceError) => {
      stopListening()
      stopFailures()
      cancelTimeout()
      signal?.removeEventListener('abort', onAbort)
      if (error) reject(error)
      else resolve()
    }
    const stopListening = bridge.onState((state) => {
      if (state.status === 'connected') end()
      if (state.status === 'error') end(state.reason)
    })
    const stopFailures = bridge.onEvent('attemptFailed', ({ error }) => {
      last = error
      if (TOLD_AT_ONCE.includes(error.code)) end(error)
    })
    const onAbort = () => end(deviceError('aborted', {}, { cause: signal?.reason }))
    const late = () => end(deviceError('connect_timeout', { timeoutMs }, { cause: last }))
    const cancelTimeout = timeoutMs === Number.POSITIVE_INFINITY ? () => {} : clock.after(timeoutMs, late)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted) onAbort()
    else start()
  })
}
