/** One line of the runtime's log: a fixed event name and its facts; never a payload, a token or a secret. */
export interface RuntimeLogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly event: string
  readonly [field: string]: unknown
}

export type RuntimeLog = (entry: RuntimeLogEntry) => void
