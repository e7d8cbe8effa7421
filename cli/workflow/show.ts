import type { Command } from 'commander'
import { workflowInputSchema } from '#contract/index.ts'
import { ageText } from '../table.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import type { ExecutionDetails, Step } from './execution.ts'
import { openWorkflows } from './open-workflows.ts'

const EXAMPLES = `
Shows whose request is answered and how far it is, never what was sent.

Examples:
  npx bridge workflow show 5e1c0f6f2f0e4d1f8a7b6c5d4e3f2a1b0c9d8e7f-0
  npx bridge workflow show "$(npx bridge workflow list --limit 1 --json | jq -r .name)" --json`

/** `bridge workflow show NAME`: one execution, step by step. */
export function showCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('show <name>')
    .description('show where an execution stands, step by step')
    .option('--json', 'one line of JSON')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, { json, ...options }: TargetOptions & { json?: boolean }) => {
      const execution = await openWorkflows(openTarget(options)).show(name)
      if (json) terminal.result(JSON.stringify(asRecord(execution)))
      else for (const line of lines(execution, terminal)) terminal.result(line)
    })
}

/** Who asked for what, out of the execution's input; undefined for one that no starter of ours started. */
function requestOf({ input }: ExecutionDetails) {
  try {
    return workflowInputSchema.safeParse(JSON.parse(input ?? 'null')).data?.request
  } catch {
    return undefined
  }
}

function asRecord(execution: ExecutionDetails) {
  const { workflow, engine, name, arn, status, startedAt, endedAt, error, steps } = execution
  const request = requestOf(execution)
  return {
    ...{ workflow, engine, name, arn, status, started_at: startedAt, ended_at: endedAt ?? null, error: error ?? null },
    request: request && {
      topic: request.topic_key,
      client_id: request.client_id,
      correlation_id: request.correlation_id,
      received_at: new Date(request.received_at_ms),
    },
    steps: steps.map((step) => ({
      ...{ name: step.name, kind: step.kind, state: step.state, level: step.level, retries: step.retries },
      ...{ started_at: step.startedAt, ended_at: step.endedAt ?? null, until: step.until ?? null },
      error: step.error ?? null,
    })),
  }
}

function lines(execution: ExecutionDetails, { colors }: Terminal): string[] {
  const { workflow, engine, name, status, startedAt, endedAt, error, steps } = execution
  const request = requestOf(execution)
  const rows: [string, string | undefined][] = [
    ['workflow', `${workflow} (${engine})`],
    ['execution', name],
    ['status', paint(status, colors)],
    ['error', error],
    ['topic', request?.topic_key],
    ['client', request?.client_id],
    ['correlation', request?.correlation_id ?? undefined],
    ['started', startedAt.toISOString()],
    ['ended', endedAt?.toISOString()],
  ]
  const head = rows.flatMap(([key, value]) => (value === undefined ? [] : `${colors.dim(key.padEnd(12))} ${value}`))
  const width = Math.max(0, ...steps.map((step) => step.level * 2 + step.name.length))
  return [...head, ...(steps.length > 0 ? [''] : []), ...steps.map((step) => stepLine(step, width, colors))]
}

function stepLine(step: Step, width: number, colors: Terminal['colors']): string {
  const { name, kind, state, level, retries, startedAt, endedAt, until, error } = step
  const took = ageText(((endedAt?.getTime() ?? Date.now()) - startedAt.getTime()) / 1_000)
  const notes = [
    endedAt ? took : `for ${took}`,
    state === 'waiting' && until ? `until ${until.toISOString()}` : '',
    retries > 0 ? `${retries} failed attempt${retries === 1 ? '' : 's'}` : '',
    error ?? '',
  ].filter(Boolean)
  const label = ('  '.repeat(level) + name).padEnd(width)
  return `  ${label}  ${colors.dim(kind.padEnd(8))}  ${paint(state, colors)}  ${notes.join(', ')}`.trimEnd()
}

function paint(state: string, { green, red, yellow }: Terminal['colors']): string {
  const text = state.padEnd(9)
  if (/^succeeded$/i.test(state)) return green(text)
  return /^(running|waiting)$/i.test(state) ? yellow(text) : red(text)
}
