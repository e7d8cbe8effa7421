import type { LogLine, RuntimeLogEntry } from '#local/index.ts'
import type { Terminal } from './terminal.ts'

/** Shows the runtime's log: coloured lines to a person, JSON lines to a pipe. Function output is shown when asked for or when it warns. */
export function createRuntimeLog(terminal: Terminal, options: { isVerbose: boolean }) {
  const { colors } = terminal
  const paint = { debug: colors.dim, info: colors.cyan, warn: colors.yellow, error: colors.red } as const

  function write(entry: RuntimeLogEntry): void {
    if (entry.level === 'debug' && !options.isVerbose) return
    if (!terminal.isPerson) {
      terminal.note(JSON.stringify({ time: new Date().toISOString(), ...entry }))
      return
    }
    const { level, event, ...fields } = entry
    const facts = Object.entries(fields).filter(
      ([name, value]) => value !== undefined && (options.isVerbose || !DETAILS.has(name)),
    )
    const text = facts.map(
      ([name, value]) => `${colors.dim(`${name}=`)}${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    terminal.note(`${colors.dim(new Date().toISOString().slice(11, 23))} ${paint[level](event)} ${text.join(' ')}`)
  }

  return {
    log: write,
    /** Structured lines of a function pass with their own level; others only when everything is shown. */
    onLogLine({ functionName, text }: LogLine): void {
      const line = structured(text)
      if (line && (options.isVerbose || line.level === 'warn' || line.level === 'error')) {
        write({ level: line.level, event: line.event, function: functionName, ...line.fields })
      } else if (options.isVerbose && !line) {
        write({ level: 'debug', event: 'function_output', function: functionName, text: text.trimEnd() })
      }
    },
  }
}

/** Facts that a person looks for only when everything is shown; pipes always get them. */
const DETAILS = new Set([
  'connectionId',
  'connection_id',
  'principalId',
  'trace_id',
  'broker_trace_id',
  'remoteAddress',
  'function_request_id',
])

/** What powertools adds to every line and nobody reads here. */
const PLUMBING = new Set(['level', 'message', 'timestamp', 'service', 'sampling_rate', 'xray_trace_id'])

function structured(text: string) {
  if (!text.startsWith('{')) return undefined
  try {
    const line = JSON.parse(text) as Record<string, unknown>
    if (typeof line.level !== 'string' || typeof line.message !== 'string') return undefined
    const level = line.level.toLowerCase()
    const fields = Object.fromEntries(Object.entries(line).filter(([name]) => !PLUMBING.has(name)))
    return { level: isLevel(level) ? level : ('info' as const), event: line.message, fields }
  } catch {
    return undefined
  }
}

function isLevel(text: string): text is 'debug' | 'info' | 'warn' | 'error' {
  return ['debug', 'info', 'warn', 'error'].includes(text)
}
