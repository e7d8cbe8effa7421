import type { FunctionRow, LogRow } from '#cli/console/wire.ts'
import { linkTo } from '../data/route.ts'
import { useAsked } from '../data/use-asked.ts'
import { milliseconds, shortName, timeOfDay } from '../data/words.ts'
import { Table } from '../parts/table.tsx'
import type { ViewProps } from './view-props.ts'

export function FunctionsView({ detail }: ViewProps) {
  const { answer: rows } = useAsked<FunctionRow[]>('/functions', { everyMs: 1_000 })
  return (
    <>
      <Table
        label="Functions"
        rows={rows}
        keyOf={({ name }) => name}
        isChosen={({ name }) => name === detail}
        empty="The template has no function."
        columns={[
          { head: 'function', cell: ({ name }) => <a href={linkTo('functions', name)}>{shortName(name)}</a> },
          { head: 'invocations', cell: ({ invocations }) => invocations, isNumber: true },
          {
            head: 'errors',
            cell: ({ errors }) => (errors > 0 ? <span class="state failed">{errors}</span> : 0),
            isNumber: true,
          },
          { head: 'running', cell: ({ running }) => running, isNumber: true },
          { head: 'queued', cell: ({ queued }) => queued, isNumber: true },
          { head: 'cold starts', cell: ({ coldStarts }) => coldStarts, isNumber: true },
          { head: 'p50', cell: ({ p50Ms }) => milliseconds(p50Ms), isNumber: true },
          { head: 'p99', cell: ({ p99Ms }) => milliseconds(p99Ms), isNumber: true },
        ]}
      />
      {detail !== undefined && <Logs name={detail} />}
    </>
  )
}

function Logs({ name }: { name: string }) {
  const { answer: lines } = useAsked<LogRow[]>(`/logs?function=${encodeURIComponent(name)}&limit=300`, {
    everyMs: 1_000,
  })
  return (
    <section aria-label="Log">
      <h2>Log of {shortName(name)}</h2>
      {lines?.length === 0 && <p class="quiet">It has written nothing yet.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <pre class="log" tabIndex={0}>
        {lines?.map(({ atMs, text }) => `${timeOfDay(atMs)}  ${text}`).join('\n')}
      </pre>
    </section>
  )
}
