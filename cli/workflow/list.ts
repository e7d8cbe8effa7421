import { type Command, Option } from 'commander'
import { executionName, requestKey } from '#correlation/index.ts'
import { CommandError } from '../command-error.ts'
import { ageText, tableLines } from '../table.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import type { Execution } from './execution.ts'
import { openWorkflows, WORKFLOW_NAMES } from './open-workflows.ts'

const EXAMPLES = `
The newest come first. An execution is named after the request that it answers, so a correlation id with its client finds it.

Examples:
  npx bridge workflow list
  npx bridge workflow list --status FAILED --limit 5
  npx bridge workflow list --client-id jamey-instance-1 --correlation-id 0a6f3c1e-9a57-4e0f-8f39-6a1f0a1b2c3d
  npx bridge workflow list --json --aws --stage prod | jq -r .name`

const STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'STOPPED'] as const satisfies Execution['status'][]
const DEFAULT_LIMIT = 20
const MAX_LIMIT = 10_000

interface ListOptions extends TargetOptions {
  workflow?: string
  status?: Execution['status']
  limit: string
  clientId?: string
  correlationId?: string
  json?: boolean
}

/** `bridge workflow list`: executions of all workflows. */
export function listCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('list')
    .description('list executions: of which workflow, how far, since when')
    .addOption(new Option('--workflow <name>', 'those of one workflow').choices(WORKFLOW_NAMES))
    .addOption(new Option('--status <status>', 'those of one status').choices(STATUSES))
    .option('--limit <count>', 'how many at most', String(DEFAULT_LIMIT))
    .option('--client-id <id>', 'with --correlation-id: those that answer one request')
    .option('--correlation-id <id>', 'with --client-id')
    .option('--json', 'one line of JSON an execution')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async ({ json, ...options }: ListOptions) => {
      const limit = limitOf(options.limit)
      const prefix = namePrefix(options)
      const { workflow, status } = options
      const found = await openWorkflows(openTarget(options)).list({
        // the engines do not look for the beginning of a name
        limit: prefix === undefined ? limit : MAX_LIMIT,
        ...(workflow !== undefined && { workflow }),
        ...(status && { status }),
      })
      const executions = found.filter(({ name }) => prefix === undefined || name.startsWith(prefix)).slice(0, limit)
      const lines = json ? executions.map((one) => JSON.stringify(asRecord(one))) : table(executions, terminal)
      for (const line of lines) terminal.result(line)
    })
}

function limitOf(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit
  throw new CommandError('usage', 'invalid_option', `--limit: expected 1 to ${MAX_LIMIT}, got ${text}`)
}

/** What the names of the executions of one request begin with; each repeat after a failure has another number behind it. */
function namePrefix({ clientId, correlationId }: ListOptions): string | undefined {
  if (clientId === undefined && correlationId === undefined) return undefined
  if (clientId === undefined || correlationId === undefined) {
    throw new CommandError('usage', 'missing_option', '--client-id and --correlation-id go together')
  }
  return executionName(requestKey({ clientId, correlationId, messageId: correlationId }), 0).replace(/0$/, '')
}

function asRecord({ workflow, engine, name, arn, status, startedAt, endedAt }: Execution) {
  return { workflow, engine, name, arn, status, started_at: startedAt, ended_at: endedAt ?? null }
}

function table(executions: readonly Execution[], terminal: Terminal): string[] {
  const rows = executions.map(({ workflow, name, status, startedAt, endedAt }) => [
    workflow,
    name,
    status,
    `${ageText((Date.now() - startedAt.getTime()) / 1_000)} ago`,
    ageText(((endedAt?.getTime() ?? Date.now()) - startedAt.getTime()) / 1_000),
  ])
  return tableLines(
    ['workflow', 'execution', 'status', 'started', 'took'],
    rows,
    terminal,
    (row) => row[2] !== 'RUNNING',
  )
}
