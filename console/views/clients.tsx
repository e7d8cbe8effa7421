import type { ClientRow } from '#cli/console/wire.ts'
import { useAsked } from '../data/use-asked.ts'
import { span, timeOfDay } from '../data/words.ts'
import { Table } from '../parts/table.tsx'

export function ClientsView() {
  const { answer: rows } = useAsked<ClientRow[]>('/clients', { everyMs: 1_000 })
  return (
    <Table
      label="Clients"
      rows={rows}
      keyOf={({ clientId }) => clientId}
      empty="No client is connected."
      columns={[
        { head: 'client', cell: ({ clientId }) => <code>{clientId}</code> },
        { head: 'state', cell: () => <span class="state ok">connected</span> },
        { head: 'protocol', cell: ({ protocol }) => protocol },
        { head: 'since', cell: ({ connectedAtMs }) => span(Date.now() - connectedAtMs), isNumber: true },
        {
          head: 'token ends in',
          cell: ({ authorizedUntilMs }) =>
            authorizedUntilMs === undefined ? '–' : span(authorizedUntilMs - Date.now()),
          isNumber: true,
        },
        { head: 'out/s', cell: ({ publishedPerSecond }) => publishedPerSecond.toFixed(1), isNumber: true },
        { head: 'in/s', cell: ({ deliveredPerSecond }) => deliveredPerSecond.toFixed(1), isNumber: true },
        {
          head: 'subscriptions',
          cell: ({ subscriptions }) =>
            subscriptions.map(({ filter, qos }) => (
              <div key={filter}>
                <code>{filter}</code> QoS {qos}
              </div>
            )),
        },
        {
          head: 'last refusal',
          cell: ({ lastRefusal }) =>
            lastRefusal ? (
              <>
                {timeOfDay(lastRefusal.atMs)} {lastRefusal.what}: <span class="reason">{lastRefusal.reason}</span>
              </>
            ) : (
              '–'
            ),
        },
      ]}
    />
  )
}
