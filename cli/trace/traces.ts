import type { Trace } from '#local/index.ts'

/** Where traces are looked up. */
export interface Traces {
  /** By trace id, 32 hexadecimal digits; undefined when nothing is known of it. */
  find(traceId: string): Promise<Trace | undefined>
  /** The latest first, of messages alone. */
  list(options: { clientId: string | undefined; limit: number }): Promise<Trace[]>
}

/** What the service itself publishes, as when a client connects, is nobody's message. */
export function isMessage({ topic }: Pick<Trace, 'topic'>): boolean {
  return topic === undefined || !topic.startsWith('$aws/')
}
