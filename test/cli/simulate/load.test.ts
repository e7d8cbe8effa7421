import { describe, expect, test } from 'vitest'
import { type Load, type LoadedDevice, runLoad } from '../../../cli/simulate/load.ts'
import type { LoadClock } from '../../../cli/simulate/pace.ts'
import { createRecorder } from '../../../cli/simulate/statistics.ts'
import { steppedClock } from './stepped-clock.ts'

const LOAD: Load = {
  topic: 'conscience/evaluate',
  payload: { action: 'water the plants', context: '' },
  rate: 2,
  durationMs: 3_000,
  timeoutMs: 1_000,
}

/** A device whose requests end as it is told, and which remembers when they came. */
function device(clock: LoadClock, answer: (count: number) => Promise<unknown> = async () => ({})) {
  const sentAtMs: number[] = []
  const late: (() => void)[] = []
  return {
    sentAtMs,
    comesLate: () => {
      for (const listener of late) listener()
    },
    request() {
      sentAtMs.push(clock.nowMs())
      return answer(sentAtMs.length)
    },
    onEvent(_: string, listener: () => void) {
      late.push(listener)
      return () => {}
    },
  }
}

async function run(devices: readonly object[], clock: ReturnType<typeof steppedClock>, load = LOAD) {
  const recorder = createRecorder()
  const ending = new AbortController()
  await Promise.all([runLoad(devices as LoadedDevice[], load, recorder, ending.signal, clock), clock.advance()])
  return recorder.read()
}

const failsWith = (code: string, details: object = {}) =>
  Object.assign(new Error(code), { code, classification: 'recoverable', details })

describe('a load', () => {
  test('gives every device an even pace, and spreads them over the interval', async () => {
    const clock = steppedClock()
    const [first, second] = [device(clock), device(clock)]

    expect(await run([first, second], clock)).toMatchObject({ sent: 12, answered: 12, lost: 0, open: 0 })
    expect(first.sentAtMs).toEqual([0, 500, 1_000, 1_500, 2_000, 2_500])
    expect(second.sentAtMs).toEqual([250, 750, 1_250, 1_750, 2_250, 2_750])
  })

  test('does not wait for answers before it sends on, and waits for all of them at the end', async () => {
    const clock = steppedClock()
    const slow = device(clock, () => clock.pause(5_000))
    const { answered, p50Ms } = await run([slow], clock)

    expect(slow.sentAtMs).toEqual([0, 500, 1_000, 1_500, 2_000, 2_500])
    expect(answered).toBe(6)
    expect(p50Ms).toBeCloseTo(5_000, -1)
  })

  test('counts refusals by the code of the answer', async () => {
    const clock = steppedClock()
    const refused = device(clock, async (count) => {
      throw count === 1 ? failsWith('queue_full') : failsWith('request_refused', { code: 'path_forbidden' })
    })

    expect(await run([refused], clock)).toMatchObject({ answered: 0, refused: { path_forbidden: 5, queue_full: 1 } })
  })

  test('counts what timed out as lost until it comes late', async () => {
    const clock = steppedClock()
    const silent = device(clock, async () => {
      throw failsWith('reply_timeout')
    })
    const lateOne = device(clock, async (count) => {
      if (count === 1) silent.comesLate()
      throw failsWith('reply_timeout')
    })

    expect(await run([silent, lateOne], clock)).toMatchObject({ sent: 12, late: 1, lost: 11, open: 0 })
  })

  test('sends nothing more once it is interrupted, and ends', async () => {
    const clock = steppedClock()
    const ending = new AbortController()
    const recorder = createRecorder()
    const interrupted = device(clock, async (count) => {
      if (count === 3) ending.abort()
    })
    const done = runLoad([interrupted] as unknown as LoadedDevice[], LOAD, recorder, ending.signal, clock)
    await clock.advance()
    await done

    expect(recorder.read()).toMatchObject({ sent: 3, answered: 3 })
  })

  test('fails with what is no error of the client', async () => {
    const clock = steppedClock()
    const broken = device(clock, async () => {
      throw new TypeError('a bug')
    })

    await expect(run([broken], clock, { ...LOAD, durationMs: 1 })).rejects.toThrow('a bug')
  })
})
