import type { Trace } from '#local/index.ts'
import { CommandError } from '../command-error.ts'
import { isMessage, type Traces } from './traces.ts'

/** The runtime keeps so many; what the service publishes is among them. */
const ASKED = 1_000

/** What the local runtime has recorded. Rejects with runtime_not_answering. */
export function localTraces(apiUrl: string): Traces {
  async function ask<Answer>(path: string): Promise<Answer | undefined> {
    const answer = await fetch(`${apiUrl}/traces${path}`).catch((cause: unknown) => {
      throw new CommandError('failed', 'runtime_not_answering', `${apiUrl} does not answer`, { cause })
    })
    if (answer.status === 404) return undefined
    if (!answer.ok) throw new CommandError('failed', 'runtime_not_answering', `${apiUrl} answers ${answer.status}`)
    return (await answer.json()) as Answer
  }

  return {
    find: (traceId) => ask<Trace>(`/${traceId}`),
    async list({ clientId, limit }) {
      const client = clientId === undefined ? '' : `&client=${encodeURIComponent(clientId)}`
      const { traces = [] } = (await ask<{ traces: Trace[] }>(`?limit=${ASKED}${client}`)) ?? {}
      return traces.filter(isMessage).slice(0, limit)
    },
  }
}
