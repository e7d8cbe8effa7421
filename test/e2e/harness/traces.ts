import type { Hop, Runtime, Trace } from '#local/index.ts'
import { createInbox } from './inbox.ts'

/** The trace, once it has a step that matches: of a message, or of a connection. */
export async function traceWith(
  { traces }: Pick<Runtime, 'traces'>,
  what: string,
  matches: (hop: Hop) => boolean,
): Promise<Trace> {
  const inbox = createInbox<Hop>(({ traceId, kind, subject, outcome }) => `${traceId} ${kind} ${subject} ${outcome}`)
  const stop = traces.listen(inbox.push)
  try {
    for (const { hops } of traces.list({ limit: 1_000 })) hops.forEach(inbox.push)
    const { traceId } = await inbox.take(what, matches)
    const trace = traces.find(traceId)
    if (!trace) throw new Error(`${what}: its trace is gone`)
    return trace
  } finally {
    stop()
  }
}

/** The steps in their order, as text: `invoke conscience ok`. */
export function stepsOf({ hops }: Trace): string[] {
  return hops.map(({ kind, subject, outcome }) => `${kind} ${shortOf(subject)} ${outcome}`)
}

function shortOf(subject: string): string {
  return subject.replace(/^mqtt[-_]cloud[-_]bridge[-_]dev[-_]/, '')
}
