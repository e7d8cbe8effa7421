import type { RequestKey } from '#contract/index.ts'
import { isDeviceError } from '#device/index.ts'
import type { Device } from './fleet.ts'
import { keepPace, type LoadClock, type Pace, SYSTEM_CLOCK } from './pace.ts'
import type { Recorder } from './statistics.ts'

/** What a run needs of a device. */
export type LoadedDevice = Pick<Device, 'request' | 'onEvent'>

export interface Load extends Pace {
  topic: RequestKey
  payload: unknown
  timeoutMs: number
}

/** Part of the timeout for which a late answer is waited for at the end. */
const LATE_SHARE = 0.1

/**
 * Every device sends at its own pace. Resolves when each request is answered, refused, or timed out and nothing can come any more; `signal`
 * ends the sending early.
 */
export async function runLoad(
  devices: readonly LoadedDevice[],
  load: Load,
  recorder: Recorder,
  signal: AbortSignal,
  clock: LoadClock = SYSTEM_CLOCK,
): Promise<void> {
  for (const device of devices) device.onEvent('lateReply', () => recorder.late())
  const send = async (index: number) => {
    const device = devices[index]
    if (device) await ask(device, load, recorder, clock)
  }
  await keepPace(devices.length, load, send, signal, clock)
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
