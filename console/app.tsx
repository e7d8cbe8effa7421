import type { Overview } from '#cli/console/wire.ts'
import { type Live, useLive } from './data/live.ts'
import { linkTo, type Route, useRoute } from './data/route.ts'
import { useAsked } from './data/use-asked.ts'
import { ClientsView } from './views/clients.tsx'
import { FunctionsView } from './views/functions.tsx'
import { MessagesView } from './views/messages.tsx'
import { PlotsView } from './views/plots.tsx'
import { QueuesView } from './views/queues.tsx'
import { RefusalsView } from './views/refusals.tsx'
import { RequestsView } from './views/requests.tsx'
import { RulesView } from './views/rules.tsx'
import { SendView } from './views/send.tsx'
import { WorkflowsView } from './views/workflows.tsx'

const VIEWS = {
  messages: { title: 'Messages', View: MessagesView },
  requests: { title: 'Requests', View: RequestsView },
  clients: { title: 'Clients', View: ClientsView },
  refusals: { title: 'Refusals', View: RefusalsView },
  rules: { title: 'Rules', View: RulesView },
  functions: { title: 'Functions', View: FunctionsView },
  queues: { title: 'Queues', View: QueuesView },
  workflows: { title: 'Workflows', View: WorkflowsView },
  plots: { title: 'Plots', View: PlotsView },
  send: { title: 'Send', View: SendView },
} as const

export function App() {
  const route = useRoute()
  const live = useLive()
  const { answer: overview, error } = useAsked<Overview>('/overview')
  const shown = VIEWS[route.view as keyof typeof VIEWS] ?? VIEWS.messages
  if (error !== undefined && !overview) return <Closed message={error} />
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Head overview={overview} live={live} />
      <Navigation route={route} refusals={live.refusals.length} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <main id="content" tabIndex={0}>
        <h1>{shown.title}</h1>
        <shown.View live={live} detail={route.detail} />
      </main>
    </>
  )
}

function Head({ overview, live }: { overview: Overview | undefined; live: Live }) {
  return (
    <header>
      <strong>mqtt-cloud-bridge</strong>
      <span class={live.isLive ? 'state ok' : 'state failed'} role="status">
        {live.isLive ? 'live' : 'not connected'}
      </span>
      {overview && (
        <span class="facts">
          <code>{overview.mqttUrl}</code> <code>{overview.root}/…</code> stage <code>{overview.stage}</code>
        </span>
      )}
    </header>
  )
}

function Navigation({ route, refusals }: { route: Route; refusals: number }) {
  return (
    <nav aria-label="Views">
      {Object.entries(VIEWS).map(([name, { title }]) => (
        <a key={name} href={linkTo(name)} aria-current={name === route.view ? 'page' : undefined}>
          {title}
          {name === 'refusals' && refusals > 0 && <span class="count">{refusals}</span>}
        </a>
      ))}
    </nav>
  )
}

function Closed({ message }: { message: string }) {
  return (
    <main>
      <h1>The console is closed</h1>
      <p>{message}</p>
    </main>
  )
}
