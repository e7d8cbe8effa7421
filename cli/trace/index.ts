import { setTimeout as pause } from 'node:timers/promises'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { createProgress } from '../progress.ts'
import { tableLines } from '../table.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { wholeNumber } from '../whole-number.ts'
import { cloudTraces } from './cloud-traces.ts'
import { localTraces } from './local-traces.ts'
import { readTraceId } from './trace-argument.ts'
import type { Traces } from './traces.ts'
import { ROW_HEADS, rowOf, waterfall } from './waterfall.ts'

const POLL_MS = 500

const NOTES = `
A trace is what became of one message: who let it in, which rule took it, which function ran and what it called, and who got the answer. Its
id is the trace id of the W3C "traceparent" that the message carries in its metadata and as user property; for a message without one, the
message id that the broker gave it. A connection is a trace too, by its id. Without an id it is the latest message's, or that of a
connection on which something was refused since.

With --aws the steps are those that functions and IoT Core have logged; the caller needs logs:DescribeLogGroups, logs:StartQuery and
logs:GetQueryResults, and each query is billed by what it scans, which --since-minutes limits.

Examples:
  npx bridge trace
  npx bridge trace --client jamey-instance-1
  npx bridge trace --list --limit 20
  npx bridge trace 4c57aa1b6cea41a3bf5fa6255a4fd613 --json
  npx bridge trace 0b9f1f0e-7c3f-4f7e-8a53-0f0a4e2d7c11 --aws --stage prod --since-minutes 180`

interface TraceOptions extends TargetOptions {
  last?: boolean
  client?: string
  list?: boolean
  limit: string
  sinceMinutes: string
  json?: boolean
}

/** `bridge trace`: what became of a message, step by step, on this machine and on AWS. */
export function traceCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('trace [id]')
    .description('show what became of a message or a connection, step by step')
    .option('--last', 'the latest message, as without an id')
    .option('--client <id>', 'the latest message of this client, or with --list of it alone')
    .option('--list', 'a line for each of the latest messages')
    .option('--limit <number>', 'with --list: how many', '20')
    .option('--since-minutes <number>', 'with --aws: how far to look back', '60')
    .option('--json', 'one line of JSON a trace')
  withTargetOptions(command)
    .addHelpText('after', NOTES)
    .action(async (id: string | undefined, options: TraceOptions) => {
      const { client: clientId, json } = options
      const traces = open(options, terminal)
      if (options.list) {
        const found = await traces.list({ clientId, limit: wholeNumber('--limit', 1, 1_000)(options.limit) })
        const table = () => tableLines(ROW_HEADS, found.map(rowOf), terminal)
        for (const line of json ? found.map((trace) => JSON.stringify(trace)) : table()) terminal.result(line)
        return
      }
      if (id !== undefined && (options.last || clientId !== undefined)) {
        throw new CommandError(
          'usage',
          'invalid_option',
          'an id says already which trace: leave --last and --client out',
        )
      }
      const trace =
        id === undefined ? (await traces.list({ clientId, limit: 1 }))[0] : await traces.find(readTraceId(id))
      if (!trace) throw new CommandError('failed', 'trace_unknown', nothingFound(id, options))
      for (const line of json ? [JSON.stringify(trace)] : waterfall(trace, terminal)) terminal.result(line)
    })
}

function open(options: TraceOptions, terminal: Terminal): Traces {
  const { stage, aws } = openTarget(options)
  if (aws.endpoint !== undefined) return localTraces(aws.endpoint)
  const sinceMinutes = wholeNumber('--since-minutes', 1, 525_600)(options.sinceMinutes)
  const traces = cloudTraces(new CloudWatchLogsClient(aws), {
    stage,
    sinceMs: sinceMinutes * 60_000,
    nowMs: Date.now,
    pause: () => pause(POLL_MS),
  })
  const told = async <Found>(work: Promise<Found>): Promise<Found> => {
    const progress = createProgress(terminal)
    progress.step(`asking CloudWatch Logs Insights about the last ${sinceMinutes} minutes`)
    return work.finally(() => progress.done())
  }
  return { find: (traceId) => told(traces.find(traceId)), list: (wanted) => told(traces.list(wanted)) }
}

function nothingFound(id: string | undefined, { client, aws, sinceMinutes }: TraceOptions): string {
  const what = id === undefined ? `no message${client === undefined ? '' : ` of ${client}`}` : `no trace ${id}`
  return `${what} is known ${aws ? `from the last ${sinceMinutes} minutes; --since-minutes looks further` : 'to the local runtime'}`
}
