import type { Trace } from '#local/index.ts'

/** Where traces are looked up. */
export interface Traces {
  /** By trace id, 32 hexadecimal digits; undefined when nothing is known of it. */
  find(traceId: string): Promise<Trace | undefined>
  /** The latest first, of messages alone. */
  list(options: { clientId: string | undefined; limit: number }): Promise<Trace[]>
}

/** What the service itself publishes is nobody's message; a connection is looked at where something was refused on it. */
export function isMessage({ topic, outcome }: Pick<Trace, 'topic' | 'outcome'>): boolean {
  return topic === undefined ? outcome !== 'ok' : !topic.startsWith('$aws/')
}
