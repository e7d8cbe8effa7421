import {
  type CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  GetQueryResultsCommand,
  type ResultField,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { deploymentNames, IOT_LOG_GROUP } from '#contract/index.ts'
import { CommandError } from '../command-error.ts'
import { uuidOfTraceId } from './trace-argument.ts'
import { type Row, traceOfLines } from './trace-of-lines.ts'
import type { Traces } from './traces.ts'

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const MAX_GROUPS = 50
const MAX_LINES = 1_000
const TRACE_ID = /^[0-9a-f]{32}$/

/**
 * Traces from what the functions of a deployment and IoT Core have logged, by queries of CloudWatch Logs Insights. A query looks at the last
 * `sinceMs` and is asked for every `pollMs`. Rejects with the service's errors and query_failed.
 */
export function cloudTraces(
  client: CloudWatchLogsClient,
  options: { stage: string; sinceMs: number; nowMs: () => number; pause: () => Promise<void> },
): Traces {
  const { stage, sinceMs, nowMs, pause } = options
  let groups: Promise<string[]> | undefined

  async function logGroups(): Promise<string[]> {
    const names: string[] = []
    let nextToken: string | undefined
    do {
      const logGroupNamePrefix = deploymentNames(stage).stackName
      const page = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix, nextToken }))
      names.push(...(page.logGroups ?? []).flatMap(({ logGroupName }) => logGroupName ?? []))
      nextToken = page.nextToken
    } while (nextToken !== undefined && names.length < MAX_GROUPS)
    if (names.length > 0) return names.slice(0, MAX_GROUPS)
    throw new CommandError('failed', 'logs_unknown', `no log group is named after ${deploymentNames(stage).stackName}`)
  }

  async function query(queryString: string, logGroupNames: string[]): Promise<Row[]> {
    const endMs = nowMs()
    const times = { startTime: Math.floor((endMs - sinceMs) / 1_000), endTime: Math.ceil(endMs / 1_000) }
    const { queryId = '' } = await client.send(new StartQueryCommand({ logGroupNames, queryString, ...times }))
    for (;;) {
      const { status = 'Unknown', results = [] } = await client.send(new GetQueryResultsCommand({ queryId }))
      if (status === 'Complete') return results.map(rowOf)
      if (status !== 'Running' && status !== 'Scheduled') {
        throw new CommandError('failed', 'query_failed', `a query of CloudWatch Logs Insights ended as ${status}`)
      }
      await pause()
    }
  }

  /** IoT Core logs under its own id for a message, and only where its logging is switched on. */
  async function brokerLines(ids: readonly string[]): Promise<Row[]> {
    const named = ids.map((id) => JSON.stringify(id)).join(', ')
    const lines = `fields @timestamp, @message | filter traceId in [${named}] | sort @timestamp asc | limit ${MAX_LINES}`
    return query(lines, [IOT_LOG_GROUP]).catch((error: unknown) => {
      if (error instanceof Error && error.name === 'ResourceNotFoundException') return []
      throw error
    })
  }

  return {
    async find(traceId) {
      groups ??= logGroups()
      const lines = `fields @timestamp, @message | filter trace_id = "${traceId}" | sort @timestamp asc | limit ${MAX_LINES}`
      const rows = await query(lines, await groups)
      const ids = new Set([uuidOfTraceId(traceId), ...rows.flatMap(brokerIdOf)])
      return traceOfLines(traceId, [...rows, ...(await brokerLines([...ids]))])
    },
    async list({ clientId, limit }) {
      groups ??= logGroups()
      const ofClient = clientId === undefined ? '' : ` and client_id = ${JSON.stringify(clientId)}`
      const last = `filter ispresent(trace_id)${ofClient} | stats max(@timestamp) as last by trace_id | sort last desc`
      const rows = await query(`${last} | limit ${limit}`, await groups)
      const found = rows.flatMap(({ trace_id: traceId = '' }) => (TRACE_ID.test(traceId) ? [traceId] : []))
      const traces: Awaited<ReturnType<Traces['find']>>[] = []
      // one after the other: an account runs only so many queries at a time
      for (const traceId of found) traces.push(await this.find(traceId))
      return traces.flatMap((trace) => trace ?? [])
    },
  }
}

function rowOf(fields: readonly ResultField[]): Row {
  return Object.fromEntries(fields.map(({ field = '', value = '' }) => [field, value]))
}

function brokerIdOf(row: Row): string[] {
  return /"broker_trace_id":"([0-9a-f-]{36})"/.exec(row['@message'] ?? '')?.slice(1) ?? []
}
