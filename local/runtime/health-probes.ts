import { connect } from 'node:net'
import type { AlarmStatus } from '../cloudwatch/index.ts'
import type { CertificateSet } from '../tls/index.ts'
import type { Deployment } from './deployment.ts'
import { closedEndpoints, type OpenEndpoints } from './endpoints.ts'
import type { PartHealth, Probe } from './health.ts'
import type { Services } from './services.ts'

const DAY_MS = 24 * 60 * 60 * 1_000
/** A start renews what is older; nobody starts a runtime that runs for longer. */
const ENDS_SOON_MS = 7 * DAY_MS
const KNOCK_TIMEOUT_MS = 1_000

/** What `GET /health` looks at. A part is degraded while an alarm on one of its metrics is raised. */
export function healthProbes(
  services: Services,
  parts: { endpoints: Pick<OpenEndpoints, 'urls'>; certificates: CertificateSet; stack: Deployment['stack'] },
): Record<string, Probe> {
  const { broker, registry, lambda, rules, dynamoDb, sqs, durable, states, events, cloudWatch, httpApiUrl } = services
  const { endpoints, certificates, stack } = parts

  function withAlarms(namespaces: readonly string[], reason: string): Omit<PartHealth, 'part'> {
    const raised = cloudWatch.alarms().filter((alarm) => isRaised(alarm, namespaces))
    if (raised.length === 0) return { state: 'ok', reason }
    return { state: 'degraded', reason: `alarms: ${raised.map(({ name }) => name).join(', ')}` }
  }

  return {
    async broker() {
      await Promise.all(Object.values(endpoints.urls).map(knock))
      const closed = closedEndpoints(registry)
      if (closed.length > 0) return { state: 'degraded', reason: `not open here: ${closed.join(', ')}` }
      return { state: 'ok', reason: `${count([...broker.connections()].length, 'client')} connected` }
    },
    functions() {
      const all = Object.values(lambda.stats())
      const sum = (key: 'running' | 'queued') => all.reduce((total, one) => total + one[key], 0)
      const reason = `${count(all.length, 'function')}, ${sum('running')} at work, ${sum('queued')} queued`
      // all that is not of a service is of the functions themselves
      return withAlarms(['AWS/Lambda', OTHERS], reason)
    },
    rules: () => withAlarms(['AWS/IoT'], count(Object.keys(rules.counts()).length, 'rule')),
    async tables() {
      const { status, body } = await dynamoDb.handle('ListTables', {})
      if (status !== 200) return { state: 'down', reason: 'DynamoDB does not list its tables' }
      return { state: 'ok', reason: count((JSON.parse(body) as { TableNames: string[] }).TableNames.length, 'table') }
    },
    queues() {
      const queues = sqs.queues()
      const waiting = queues.reduce((total, { arn }) => total + sqs.counts(arn).visible, 0)
      return withAlarms(['AWS/SQS'], `${count(queues.length, 'queue')}, ${waiting} waiting`)
    },
    workflows: () => ({ state: 'ok', reason: `${durable.active() + states.active()} at work` }),
    events: () => ({ state: 'ok', reason: `${events.active()} on their way` }),
    async http() {
      await knock(httpApiUrl)
      return { state: 'ok', reason: httpApiUrl }
    },
    certificates() {
      const leftMs = certificates.expiresAt.getTime() - Date.now()
      const date = certificates.expiresAt.toISOString().slice(0, 10)
      if (leftMs <= 0) return { state: 'down', reason: `ended on ${date}; start again` }
      return { state: leftMs < ENDS_SOON_MS ? 'degraded' : 'ok', reason: `the first ends on ${date}` }
    },
    resources() {
      const types = [...new Set(stack.unsupported.map(({ type }) => type))]
      if (types.length > 0) return { state: 'degraded', reason: `not run here: ${types.join(', ')}` }
      return { state: 'ok', reason: count(stack.resources.length, 'resource') }
    },
  }
}

const OTHERS = 'others'

function isRaised({ state, metric }: AlarmStatus, namespaces: readonly string[]): boolean {
  const own = metric.namespace.startsWith('AWS/') ? metric.namespace : OTHERS
  return state === 'ALARM' && namespaces.includes(own)
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** Resolves when the port takes a connection, which is closed at once. */
function knock(url: string): Promise<void> {
  const { hostname: host, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), timeout: KNOCK_TIMEOUT_MS })
    const fail = (why: string) => {
      socket.destroy()
      reject(new Error(`${host}:${port} does not answer (${why})`))
    }
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.once('timeout', () => fail('timeout'))
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.name))
  })
}
