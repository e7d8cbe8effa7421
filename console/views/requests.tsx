import type { RequestRow, Trace } from '#cli/console/wire.ts'
import { linkTo } from '../data/route.ts'
import { useAsked } from '../data/use-asked.ts'
import { milliseconds, timeOfDay } from '../data/words.ts'
import { Outcome } from '../parts/outcome.tsx'
import { Table } from '../parts/table.tsx'
import { Timeline } from '../parts/timeline.tsx'
import type { ViewProps } from './view-props.ts'

export function RequestsView({ live, detail }: ViewProps) {
  // a burst of messages asks once
  const { answer: rows } = useAsked<RequestRow[]>('/requests?limit=100', {
    everyMs: 2_000,
    version: live.messages.at(-1)?.id,
  })
  return (
    <>
      {detail !== undefined && <OneTrace id={detail} version={live.touched.get(detail)} />}
      <Table
        label="Requests"
        rows={rows}
        keyOf={({ traceId }) => traceId}
        isChosen={({ traceId }) => traceId === detail}
        empty="No message of a client yet."
        columns={[
          {
            head: 'time',
            cell: ({ traceId, startedAtMs }) => <a href={linkTo('requests', traceId)}>{timeOfDay(startedAtMs)}</a>,
          },
          { head: 'topic', cell: ({ topic }) => <code>{topic}</code> },
          { head: 'clients', cell: ({ clientIds }) => clientIds.join(', ') },
          { head: 'outcome', cell: ({ outcome }) => <Outcome outcome={outcome} /> },
          { head: 'record', cell: ({ state }) => state ?? '–' },
          { head: 'took', cell: (row) => milliseconds(row.endedAtMs - row.startedAtMs), isNumber: true },
          { head: 'steps', cell: ({ steps }) => steps, isNumber: true },
        ]}
      />
    </>
  )
}

function OneTrace({ id, version }: { id: string; version: number | undefined }) {
  const { answer: trace, error } = useAsked<Trace | null>(`/trace?id=${encodeURIComponent(id)}`, { version })
  if (trace) return <Timeline trace={trace} />
  return <p class="quiet">{error ?? (trace === null ? 'This trace is not kept any more.' : 'loading …')}</p>
}
