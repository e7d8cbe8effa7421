import type { Terminal } from './terminal.ts'

/** Tells what is going on, a line a step with the time it took, on standard error. */
export interface Progress {
  step(text: string): void
  /** Says how far the step is. */
  update(text: string): void
  done(): void
}

const REDRAW_MS = 200
const ERASE_LINE = '\r\u001b[2K'

/** A person sees one line that counts the seconds and becomes the result; a pipe gets a line at the end of each step. */
export function createProgress({ note, colors }: Terminal): Progress {
  const isPerson = process.stderr.isTTY === true
  let current: { text: string; startedAtMs: number; redraw: NodeJS.Timeout | undefined } | undefined

  function seconds(startedAtMs: number): string {
    return colors.dim(`${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`)
  }

  function draw(text: string, startedAtMs: number): void {
    process.stderr.write(`${ERASE_LINE}${colors.dim(`… ${text}`)} ${seconds(startedAtMs)}`)
  }

  function finish(): void {
    if (!current) return
    const { text, startedAtMs, redraw } = current
    clearInterval(redraw)
    note(`${isPerson ? ERASE_LINE : ''}${colors.green('✔')} ${text} ${seconds(startedAtMs)}`)
    current = undefined
  }

  return {
    step(text) {
      finish()
      const startedAtMs = performance.now()
      if (isPerson) draw(text, startedAtMs)
      const step = { text, startedAtMs, redraw: undefined as NodeJS.Timeout | undefined }
      if (isPerson) step.redraw = setInterval(() => draw(step.text, startedAtMs), REDRAW_MS).unref()
      current = step
    },
    update(text) {
      if (current) current.text = text
    },
    done: finish,
  }
}
