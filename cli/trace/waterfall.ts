import type { Hop, HopOutcome, Trace } from '#local/index.ts'
import type { Terminal } from '../terminal.ts'

const BAR_COLUMNS = 24
const NO_BAR = '·'
/** A reason names a policy and a statement; in a pipe it is whole. */
const REASON_CHARACTERS = 110

/** A trace as lines: what it is, then each step with its time, a bar for where in the whole it lies, and its decision. */
export function waterfall(trace: Trace, terminal: Terminal): string[] {
  const { colors } = terminal
  const { traceId, topic, clientIds, outcome, startedAtMs, endedAtMs, hops, dropped } = trace
  const rows: [string, string | undefined][] = [
    ['trace', traceId],
    ['topic', topic],
    ['clients', clientIds.join(', ') || undefined],
    ['outcome', paint(outcome, outcome, colors)],
    ['time', `${new Date(startedAtMs).toISOString()}, ${milliseconds(endedAtMs - startedAtMs)}`],
    ['connection', connectionOf(hops)],
  ]
  const head = rows.flatMap(([key, value]) => (value === undefined ? [] : `${colors.dim(key.padEnd(10))} ${value}`))
  const kinds = Math.max(...hops.map(({ kind }) => kind.length))
  const subjects = Math.max(...hops.map(({ subject }) => subject.length))
  const steps = hops.map((hop) => {
    const at = milliseconds(hop.atMs - startedAtMs).padStart(11)
    const bar = colors.cyan(barOf(hop, trace))
    const name = `${hop.kind.padEnd(kinds)}  ${hop.subject.padEnd(subjects)}`
    return `${at}  ${bar}  ${name}  ${paint(hop.outcome, hop.outcome.padEnd(8), colors)}  ${notesOf(hop, terminal)}`.trimEnd()
  })
  const more = dropped > 0 ? [colors.dim(`${dropped} further steps were not kept`)] : []
  return [...head, '', ...steps, ...more]
}

/** One line for a list of traces. */
export function rowOf({ traceId, startedAtMs, endedAtMs, topic, clientIds, outcome, hops }: Trace): string[] {
  return [
    new Date(startedAtMs).toISOString(),
    traceId,
    outcome,
    milliseconds(endedAtMs - startedAtMs),
    String(hops.length),
    clientIds.join(','),
    topic ?? '-',
  ]
}

export const ROW_HEADS = ['started', 'trace', 'outcome', 'took', 'steps', 'clients', 'topic'] as const

function barOf({ atMs, durationMs = 0 }: Hop, { startedAtMs, endedAtMs }: Trace): string {
  const wholeMs = Math.max(endedAtMs - startedAtMs, Number.EPSILON)
  const first = Math.min(BAR_COLUMNS - 1, Math.floor(((atMs - startedAtMs) / wholeMs) * BAR_COLUMNS))
  const length = Math.min(BAR_COLUMNS - first, Math.max(1, Math.round((durationMs / wholeMs) * BAR_COLUMNS)))
  return `${NO_BAR.repeat(first)}${'█'.repeat(length)}${NO_BAR.repeat(BAR_COLUMNS - first - length)}`
}

function notesOf({ durationMs, facts = {}, topic, reason }: Hop, { colors, isPerson }: Terminal): string {
  const { connection: _, requestId: __, initMs, cold, ...rest } = facts
  const notes = [
    durationMs === undefined ? '' : milliseconds(durationMs),
    cold === true ? `cold start${typeof initMs === 'number' ? ` ${milliseconds(initMs)}` : ''}` : '',
    topic ?? '',
    ...Object.entries(rest).map(([name, value]) => `${name}=${value}`),
  ].filter(Boolean)
  const text = reason === undefined || !isPerson ? reason : reason.slice(0, REASON_CHARACTERS)
  return [colors.dim(notes.join(' ')), text ?? ''].filter(Boolean).join('  ')
}

/** The trace of the connection that the first message came by. */
function connectionOf(hops: readonly Hop[]): string | undefined {
  const connection = hops.find(({ facts }) => facts?.connection !== undefined)?.facts?.connection
  return connection === undefined ? undefined : `npx bridge trace ${connection}`
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(1)} ms`
}

function paint(outcome: HopOutcome, text: string, { green, red, yellow, dim }: Terminal['colors']): string {
  if (outcome === 'ok') return green(text)
  if (outcome === 'filtered') return dim(text)
  return outcome === 'begun' ? yellow(text) : red(text)
}
