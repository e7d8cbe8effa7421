import { linkTo } from '../data/route.ts'
import { shortName, timeOfDay } from '../data/words.ts'
import { Outcome } from '../parts/outcome.tsx'
import { Table } from '../parts/table.tsx'
import type { ViewProps } from './view-props.ts'

export function RefusalsView({ live }: ViewProps) {
  return (
    <Table
      label="Refusals"
      rows={live.refusals.toReversed()}
      keyOf={({ traceId, atMs, kind }) => `${traceId} ${atMs} ${kind}`}
      empty="Nothing was refused, and nothing has failed."
      columns={[
        { head: 'time', cell: ({ traceId, atMs }) => <a href={linkTo('requests', traceId)}>{timeOfDay(atMs)}</a> },
        { head: 'what', cell: ({ kind }) => kind },
        { head: 'outcome', cell: ({ outcome }) => <Outcome outcome={outcome} /> },
        { head: 'who', cell: ({ subject }) => <code>{shortName(subject)}</code> },
        { head: 'topic', cell: ({ topic }) => (topic === undefined ? '–' : <code>{topic}</code>) },
        { head: 'reason', cell: ({ reason }) => <span class="reason">{reason ?? '–'}</span> },
      ]}
    />
  )
}
