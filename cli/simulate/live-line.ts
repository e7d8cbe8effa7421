import type { Terminal } from '../terminal.ts'
import type { Statistics } from './statistics.ts'

const REDRAW_MS = 250
/** A pipe is told less often. */
const REPORT_MS = 5_000
const ERASE_LINE = '\r\u001b[2K'

/** Shows on standard error how a run is going: one line that changes for a person, a line now and then in a pipe. */
export function showLive(read: () => Statistics, durationMs: number, { note, colors }: Terminal): { stop(): void } {
  const isPerson = process.stderr.isTTY === true
  const startedAtMs = performance.now()
  const line = () => {
    const { sent, answered, open, lost, late, refused, p50Ms } = read()
    const seconds = Math.min(durationMs, performance.now() - startedAtMs) / 1_000
    const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0)
    const parts = [
      `${seconds.toFixed(0)} of ${(durationMs / 1_000).toFixed(0)} s`,
      `sent ${sent}`,
      colors.green(`answered ${answered}`),
      `open ${open}`,
      ...(refusals > 0 ? [colors.yellow(`refused ${refusals}`)] : []),
      ...(late > 0 ? [colors.yellow(`late ${late}`)] : []),
      ...(lost > 0 ? [colors.red(`lost ${lost}`)] : []),
      ...(p50Ms === undefined ? [] : [`p50 ${p50Ms.toFixed(1)} ms`]),
    ]
    return parts.join(colors.dim(' · '))
  }
  const timer = setInterval(
    () => (isPerson ? void process.stderr.write(ERASE_LINE + line()) : note(line())),
    isPerson ? REDRAW_MS : REPORT_MS,
  )
  return {
    stop() {
      clearInterval(timer)
      if (isPerson) process.stderr.write(ERASE_LINE)
    },
  }
}
