import type { Clock } from '#device/index.ts'

/** Undefined when the time was over first. What fails before the wire is thrown, however short the time. */
export async function firstOf<Result>(promise: Promise<Result>, ms: number, clock: Clock): Promise<Result | undefined> {
  let cancel = () => {}
  const late = new Promise<undefined>((resolve) => {
    cancel = clock.after(ms, () => resolve(undefined))
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    cancel()
  }
}
