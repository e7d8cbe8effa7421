import type { ExecutionRow, StepRow } from '#cli/console/wire.ts'
import { linkTo } from '../data/route.ts'
import { useAsked } from '../data/use-asked.ts'
import { milliseconds, span, timeOfDay } from '../data/words.ts'
import { Table } from '../parts/table.tsx'
import type { ViewProps } from './view-props.ts'

const GOOD = /^(succeeded|running|waiting)$/i

export function WorkflowsView({ detail }: ViewProps) {
  const { answer: rows, error } = useAsked<ExecutionRow[]>('/executions', { everyMs: 2_000 })
  return (
    <>
      {error !== undefined && <p class="quiet">{error}</p>}
      <Table
        label="Executions"
        rows={rows}
        keyOf={({ name }) => name}
        isChosen={({ name }) => name === detail}
        empty="No execution yet: a request on conscience/review starts one."
        columns={[
          {
            head: 'started',
            cell: ({ name, startedAtMs }) => <a href={linkTo('workflows', name)}>{timeOfDay(startedAtMs)}</a>,
          },
          { head: 'workflow', cell: ({ workflow }) => workflow },
          { head: 'engine', cell: ({ engine }) => engine },
          {
            head: 'status',
            cell: ({ status }) => <span class={`state ${GOOD.test(status) ? 'ok' : 'failed'}`}>{status}</span>,
          },
          {
            head: 'took',
            cell: ({ startedAtMs, endedAtMs = Date.now() }) => span(endedAtMs - startedAtMs),
            isNumber: true,
          },
          { head: 'execution', cell: ({ name }) => <code>{name}</code> },
        ]}
      />
      {detail !== undefined && <Steps name={detail} />}
    </>
  )
}

function Steps({ name }: { name: string }) {
  const { answer: steps } = useAsked<StepRow[]>(`/execution?name=${encodeURIComponent(name)}`, { everyMs: 1_000 })
  return (
    <section aria-label="Steps">
      <h2>Steps</h2>
      <Table
        label="Steps"
        rows={steps?.map((step, index) => ({ ...step, index }))}
        keyOf={({ index }) => String(index)}
        empty="It has not come to a step yet."
        columns={[
          { head: 'step', cell: ({ name: step, level }) => `${'  '.repeat(level)}${step}` },
          { head: 'kind', cell: ({ kind }) => kind },
          {
            head: 'state',
            cell: ({ state }) => <span class={`state ${GOOD.test(state) ? 'ok' : 'failed'}`}>{state}</span>,
          },
          {
            head: 'took',
            cell: ({ startedAtMs, endedAtMs = Date.now() }) => milliseconds(endedAtMs - startedAtMs),
            isNumber: true,
          },
          { head: 'failed attempts', cell: ({ retries }) => retries, isNumber: true },
          { head: 'error', cell: ({ error }) => error ?? '–' },
        ]}
      />
    </section>
  )
}
