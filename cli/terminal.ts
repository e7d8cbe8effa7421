import { createColors } from 'picocolors'

/** Where a command writes: results to standard output, everything else to standard error. */
export interface Terminal {
  /** Colours where a person looks, nothing in a pipe. */
  colors: ReturnType<typeof createColors>
  isPerson: boolean
  result(text: string): void
  note(text: string): void
}

export function createTerminal(): Terminal {
  const isPerson = process.stdout.isTTY === true
  // whoever reads a pipe may stop reading: `bridge topics | head -1`
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
  return {
    colors: createColors(isPerson && process.env.NO_COLOR === undefined),
    isPerson,
    result: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
  }
}

/** A value as people read it. */
export function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2)
}
