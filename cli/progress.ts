import type { Terminal } from './terminal.ts'

/** Tells what is going on, a line a step with the time it took, on standard error. */
export interface Progress {
  step(text: string): void
  done(): void
}

export function createProgress({ note, colors }: Terminal): Progress {
  let current: { text: string; startedAtMs: number } | undefined

  function finish(): void {
    if (!current) return
    const seconds = ((performance.now() - current.startedAtMs) / 1000).toFixed(1)
    note(`${colors.green('✔')} ${current.text} ${colors.dim(`${seconds} s`)}`)
    current = undefined
  }

  return {
    step(text) {
      finish()
      current = { text, startedAtMs: performance.now() }
      note(colors.dim(`… ${text}`))
    },
    done: finish,
  }
}
