import { setTimeout as sleep } from 'node:timers/promises'
import type { RequestKey } from '#contract/index.ts'
import { isDeviceError } from '#device/index.ts'
import type { Device } from './fleet.ts'
import type { Recorder } from './statistics.ts'

/** What a run needs of a device. */
export type LoadedDevice = Pick<Device, 'request' | 'onEvent'>

/** Time as a run sees it. */
export interface LoadClock {
  /** Milliseconds since some point, never set back. */
  nowMs(): number
  /** Resolves after the time, or at once when the signal is aborted. */
  pause(delayMs: number, signal?: AbortSignal): Promise<void>
}

const SYSTEM_CLOCK: LoadClock = {
  nowMs: () => performance.now(),
  pause: (delayMs, signal) => sleep(delayMs, undefined, { signal }).catch(() => {}),
}

export interface Load {
  topic: RequestKey
  payload: unknown
  /** Requests a second, of each device. */
  rate: number
  durationMs: number
  timeoutMs: number
}

/** Part of the timeout for which a late answer is waited for at the end. */
const LATE_SHARE = 0.1

/**
 * Every device sends at its own even pace, whether it is answered or not, and they are spread over the interval. Resolves when each request is
 * answered, refused, or timed out and nothing can come any more; `signal` ends the sending early.
 */
export async function runLoad(
  devices: readonly LoadedDevice[],
  load: Load,
  recorder: Recorder,
  signal: AbortSignal,
  clock: LoadClock = SYSTEM_CLOCK,
): Promise<void> {
  const intervalMs = 1_000 / load.rate
  const open = new Set<Promise<void>>()
  const failed = new AbortController()
  const ended = AbortSignal.any([signal, failed.signal])
  for (const device of devices) device.onEvent('lateReply', () => recorder.late())
  const send = (device: LoadedDevice) => {
    const request = ask(device, load, recorder, clock)
      .catch((error: unknown) => failed.abort(error))
      .finally(() => open.delete(request))
    open.add(request)
  }
  const startedAtMs = clock.nowMs()
  const lane = async (device: LoadedDevice, index: number) => {
    const offsetMs = (intervalMs * index) / devices.length
    for (let count = 0; !ended.aborted; count++) {
      const dueMs = offsetMs + count * intervalMs
      if (dueMs >= load.durationMs) return
      const waitMs = startedAtMs + dueMs - clock.nowMs()
      if (waitMs > 0) await clock.pause(waitMs, ended)
      if (!ended.aborted) send(device)
    }
  }
  await Promise.all(devices.map(lane))
  await Promise.all(open)
  failed.signal.throwIfAborted()
  if (recorder.read().lost > 0) await clock.pause(load.timeoutMs * LATE_SHARE)
}

async function ask(
  device: LoadedDevice,
  { topic, payload, timeoutMs }: Load,
  recorder: Recorder,
  clock: LoadClock,
): Promise<void> {
  const startedAtMs = clock.nowMs()
  recorder.sent()
  try {
    // held against the contract by the client itself
    await device.request(topic, payload as never, { timeoutMs, replyTopic: 'responses/{clientId}' })
    recorder.answered(clock.nowMs() - startedAtMs)
  } catch (error) {
    if (!isDeviceError(error)) throw error
    if (error.code === 'reply_timeout') recorder.timedOut()
    else recorder.refused(error.code === 'request_refused' ? String(error.details.code) : error.code)
  }
}
