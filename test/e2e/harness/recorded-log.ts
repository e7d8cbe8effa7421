import type { LogLine, RuntimeLogEntry } from '#local/index.ts'
import { createInbox, type Inbox } from './inbox.ts'

/** A structured line of a function: `message` is its event, `function` who wrote it. */
export interface FunctionEntry {
  function: string
  level: string
  message: string
  [field: string]: unknown
}

/** All that the runtime and its functions say. */
export interface RecordedLog {
  readonly runtime: Inbox<RuntimeLogEntry>
  readonly functions: Inbox<FunctionEntry>
  write(entry: RuntimeLogEntry): void
  writeLine(line: LogLine): void
  /** Every line word for word, to look for what must not be in it. */
  text(): string
}

export function createRecordedLog(): RecordedLog {
  const lines: string[] = []
  const runtime = createInbox<RuntimeLogEntry>((entry) => JSON.stringify(entry))
  const functions = createInbox<FunctionEntry>((entry) => JSON.stringify(entry))
  return {
    runtime,
    functions,
    write(entry) {
      lines.push(JSON.stringify(entry))
      runtime.push(entry)
    },
    writeLine({ functionName, text }) {
      lines.push(text)
      const entry = structured(text, functionName)
      if (entry) functions.push(entry)
    },
    text: () => lines.join('\n'),
  }
}

/** Metrics are structured too, but have no level. */
function structured(text: string, functionName: string): FunctionEntry | undefined {
  if (!text.startsWith('{')) return undefined
  const entry = JSON.parse(text) as Record<string, unknown>
  const { level, message } = entry
  return typeof level === 'string' && typeof message === 'string'
    ? { ...entry, level, message, function: functionName.split('-').at(-1) ?? '' }
    : undefined
}
