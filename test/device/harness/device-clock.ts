import type { Clock } from '#device/index.ts'
import { createFakeClock, type FakeClock } from '../../local/broker/fake-clock.ts'

/** One time for device and broker, moved by the test. The time of day can be set apart from it, as an operator would. */
export type DeviceClock = Clock & FakeClock & { jump(ms: number): void }

export function createDeviceClock(): DeviceClock {
  const clock = createFakeClock()
  const startMs = clock.nowMs()
  let jumpedMs = 0
  return {
    nowMs: () => clock.nowMs() + jumpedMs,
    monotonicMs: () => clock.nowMs() - startMs,
    after: clock.after,
    advance: clock.advance,
    get scheduledCount() {
      return clock.scheduledCount
    },
    jump(ms) {
      jumpedMs += ms
    },
  }
}
