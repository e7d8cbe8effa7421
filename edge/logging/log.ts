/** One thing that happened. It holds neither payloads nor tokens. */
export type LogEntry = { level: 'debug' | 'info' | 'warn' | 'error'; event: string } & Readonly<Record<string, unknown>>

export type Log = (entry: LogEntry) => void
