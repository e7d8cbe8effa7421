import { useState } from 'preact/hooks'
import type { LetterRow, QueueRow } from '#cli/console/wire.ts'
import { linkTo } from '../data/route.ts'
import { ask } from '../data/server.ts'
import { useAsked } from '../data/use-asked.ts'
import { timeOfDay } from '../data/words.ts'
import { Table } from '../parts/table.tsx'
import type { ViewProps } from './view-props.ts'

export function QueuesView({ detail }: ViewProps) {
  const { answer: rows } = useAsked<QueueRow[]>('/queues', { everyMs: 2_000 })
  return (
    <>
      <Table
        label="Dead-letter queues"
        rows={rows}
        keyOf={({ label }) => label}
        isChosen={({ label }) => label === detail}
        empty="The template has no dead-letter queue."
        columns={[
          { head: 'dead-letter queue', cell: ({ label }) => <a href={linkTo('queues', label)}>{label}</a> },
          {
            head: 'waiting',
            cell: ({ waiting }) => (waiting > 0 ? <span class="state failed">{waiting}</span> : 0),
            isNumber: true,
          },
          { head: 'in flight', cell: ({ inFlight }) => inFlight, isNumber: true },
        ]}
      />
      {detail !== undefined && <Letters queue={detail} />}
    </>
  )
}

function Letters({ queue }: { queue: string }) {
  const [version, setVersion] = useState(0)
  const [said, setSaid] = useState<string>()
  const { answer: letters, error } = useAsked<LetterRow[]>(`/letters?queue=${encodeURIComponent(queue)}`, { version })

  async function redrive(ids?: string[]): Promise<void> {
    const body = { queue, ...(ids && { ids }) }
    const done = ask<{ redriven: number; failed: number; kept: number }>('/redrive', body)
    setSaid(
      await done.then(({ redriven, failed, kept }) => `${redriven} sent back, ${failed} failed, ${kept} kept`, String),
    )
    setVersion((before) => before + 1)
  }

  return (
    <section aria-label={`Queue ${queue}`}>
      <h2>{queue}</h2>
      <p>
        <button type="button" disabled={!letters?.length} onClick={() => void redrive()}>
          Send all back
        </button>{' '}
        <button type="button" onClick={() => setVersion(version + 1)}>
          Look again
        </button>{' '}
        <span role="status">{said ?? error}</span>
      </p>
      <Table
        label="Letters"
        rows={letters}
        keyOf={({ id }) => id}
        empty="Nothing waits here."
        columns={[
          { head: 'since', cell: ({ sentAtMs }) => timeOfDay(sentAtMs) },
          { head: 'what', cell: ({ kind }) => kind },
          { head: 'code', cell: ({ code }) => code ?? '–' },
          { head: 'client', cell: ({ clientId }) => clientId ?? '–' },
          { head: 'topic', cell: ({ topic }) => (topic === undefined ? '–' : <code>{topic}</code>) },
          { head: 'sent back it', cell: ({ outlook }) => outlook },
          {
            head: 'action',
            cell: ({ id }) => (
              <button type="button" onClick={() => void redrive([id])}>
                Send back
              </button>
            ),
          },
        ]}
      />
    </section>
  )
}
