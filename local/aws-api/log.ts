/** Takes one log entry; `event` is a fixed name. Entries never hold payloads, tokens or secrets. */
export type Log = (entry: {
  readonly level: 'info' | 'warn' | 'error'
  readonly event: string
  readonly [field: string]: unknown
}) => void
