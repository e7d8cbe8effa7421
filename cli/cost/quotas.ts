import { ASSUMED_DURATION_MS } from './estimate.ts'
import { MEASURED, type Units } from './measured.ts'
import type { PathName } from './paths.ts'

/** What an account and region has of something at first, and how much of it a request of a path takes. */
export interface RateQuota {
  title: string
  /** A second. */
  limit: number
  unit: string
  /** AWS raises it on request. */
  isAdjustable: boolean
  source: string
  used(path: PathName): number
}

const IOT = 'https://docs.aws.amazon.com/general/latest/gr/iot-core.html'
const LAMBDA = 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html'
const STATES = 'https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html'
const DYNAMODB = 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html'

const unitsOf = (path: PathName): Units => MEASURED[path]
const messages = (path: PathName, ...kinds: string[]) =>
  kinds.reduce((sum, kind) => sum + (unitsOf(path)['iot.messages']?.[kind] ?? 0), 0)
const sumOf = (counts: Readonly<Record<string, number>> = {}) =>
  Object.values(counts).reduce((total, one) => total + one, 0)
const mostOf = (counts: Readonly<Record<string, number>> = {}) => Math.max(0, ...Object.values(counts))

/** Of those that read a device over HTTP: our own throttle. Held against the template by a test. */
export const ASK_PER_SECOND = 50
/** Of an environment that answers synchronously: a tenth of a second for each. */
const CONCURRENCY = 1_000

/** Defaults, as read in AWS's documentation and its copies; those of Step Functions are of the large regions. */
export const RATE_QUOTAS: readonly RateQuota[] = [
  {
    title: 'CONNECT',
    ...{ limit: 3_000, unit: 'connects/s', isAdjustable: true, source: IOT },
    used: (path) => messages(path, 'CONNECT'),
  },
  {
    title: 'publishes in',
    ...{ limit: 20_000, unit: 'messages/s', isAdjustable: true, source: IOT },
    // a direct message to a device has a quota of its own, of the same size
    used: (path) => messages(path, 'PUBLISH received', 'HTTP request'),
  },
  {
    title: 'publishes out',
    ...{ limit: 20_000, unit: 'messages/s', isAdjustable: true, source: IOT },
    used: (path) => messages(path, 'PUBLISH sent'),
  },
  {
    title: 'rule evaluations',
    ...{ limit: 20_000, unit: 'rules/s', isAdjustable: true, source: IOT },
    used: (path) => sumOf(unitsOf(path)['iot.rulesTriggered']),
  },
  {
    title: 'Lambda concurrency',
    ...{ limit: CONCURRENCY, unit: 'invocations at a time', isAdjustable: true, source: LAMBDA },
    used: (path) => (sumOf(unitsOf(path)['lambda.requests']) * ASSUMED_DURATION_MS) / 1_000,
  },
  {
    title: 'writes of a new table',
    ...{ limit: 4_000, unit: 'write units/s', isAdjustable: false, source: DYNAMODB },
    used: (path) => mostOf(unitsOf(path)['dynamodb.writeUnits']),
  },
  {
    title: 'writes of a table',
    ...{ limit: 40_000, unit: 'write units/s', isAdjustable: true, source: DYNAMODB },
    used: (path) => mostOf(unitsOf(path)['dynamodb.writeUnits']),
  },
  {
    title: 'our throttle of the HTTP API',
    ...{
      limit: ASK_PER_SECOND,
      unit: 'requests/s',
      isAdjustable: true,
      source: '../lib/constructs/device-requests.ts',
    },
    used: (path) => unitsOf(path)['httpApi.requests']?.['POST /devices/{clientId}/requests'] ?? 0,
  },
  {
    title: 'StartExecution',
    ...{ limit: 300, unit: 'executions/s', isAdjustable: true, source: STATES },
    used: (path) => Math.min(1, sumOf(unitsOf(path)['states.transitions'])),
  },
  {
    title: 'state transitions',
    ...{ limit: 1_500, unit: 'transitions/s', isAdjustable: true, source: STATES },
    used: (path) => sumOf(unitsOf(path)['states.transitions']),
  },
]

/** Requests a second at which a path uses up each quota, the lowest first. */
export function saturation(path: PathName): { quota: RateQuota; requestsPerSecond: number }[] {
  return RATE_QUOTAS.map((quota) => ({ quota, requestsPerSecond: quota.limit / quota.used(path) }))
    .filter(({ requestsPerSecond }) => Number.isFinite(requestsPerSecond))
    .sort((one, other) => one.requestsPerSecond - other.requestsPerSecond)
}
