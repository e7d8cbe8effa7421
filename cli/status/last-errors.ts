import { CloudWatchLogsClient, DescribeLogGroupsCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { callApi } from '../doctor/call-api.ts'
import type { Examination } from '../doctor/examination.ts'
import { type RuntimeHealth, runtimeHealth } from './runtime-health.ts'

const HOUR_MS = 60 * 60 * 1_000
const MAX_GROUPS = 50
const ERROR_LINES = '{ $.level = "ERROR" }'
const NAME = /^\w{1,80}$/

type LoggedError = RuntimeHealth['last_errors'][number]

/** Error lines of the functions in the last hour, the latest first: their names and codes, and nothing else of them. */
export async function lastErrors(examination: Examination): Promise<readonly LoggedError[]> {
  const { aws } = examination.target()
  const sinceMs = examination.nowMs() - HOUR_MS
  const errors =
    aws.endpoint === undefined ? await fromLogs(examination, sinceMs) : (await runtimeHealth(aws.endpoint)).last_errors
  const recent = errors.filter(({ at }) => Date.parse(at) >= sinceMs)
  return recent.sort((one, other) => (one.at < other.at ? 1 : -1))
}

async function fromLogs(examination: Examination, startTime: number): Promise<LoggedError[]> {
  const client = new CloudWatchLogsClient(examination.target().aws)
  const logGroupNamePrefix = examination.names().stackName
  const { logGroups = [] } = await callApi('logs:DescribeLogGroups', () =>
    client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix, limit: MAX_GROUPS })),
  )
  const pages = await Promise.all(
    logGroups.map(async ({ logGroupName = '' }) => {
      const filter = { logGroupName, startTime, filterPattern: ERROR_LINES, limit: 20 }
      const { events = [] } = await callApi('logs:FilterLogEvents', () =>
        client.send(new FilterLogEventsCommand(filter)),
      )
      return events.map(({ timestamp = 0, message = '{}' }) => errorOf(logGroupName, timestamp, message))
    }),
  )
  return pages.flat()
}

function errorOf(group: string, timestamp: number, text: string): LoggedError {
  const { message, code } = JSON.parse(text) as Record<string, unknown>
  return {
    at: new Date(timestamp).toISOString(),
    function: group,
    event: nameOf(message) ?? 'error',
    code: nameOf(code),
  }
}

function nameOf(value: unknown): string | null {
  return typeof value === 'string' && NAME.test(value) ? value : null
}
