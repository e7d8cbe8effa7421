import { CommandError } from './command-error.ts'

/** Levels of arrays and objects. More than any case means; far more would not fit on the stack of what reads it. */
export const MAX_CASE_LEVELS = 1000

/** Parses a case of a batch. Throws CommandError `not_json`, and `case_malformed` where it is nested too deep. */
export function parseCaseLine(line: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw new CommandError('failed', 'not_json', 'expected a case as one line of JSON', { cause })
  }
  if (!isNestedTooDeep(value)) return value
  throw new CommandError('failed', 'case_malformed', `nested too deep: expected at most ${MAX_CASE_LEVELS} levels`)
}

/** The id of a line that could not be answered, or null. */
export function idOfLine(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line)
    const id = value !== null && typeof value === 'object' && 'id' in value ? value.id : null
    return isNestedTooDeep(id) ? null : id
  } catch {
    return null
  }
}

/** Level by level, since the value may be too deep for a function that calls itself. */
export function isNestedTooDeep(value: unknown): boolean {
  let level = [value].filter(isNested)
  for (let levels = 1; level.length > 0; levels++) {
    if (levels > MAX_CASE_LEVELS) return true
    level = level.flatMap((holder) => Object.values(holder).filter(isNested))
  }
  return false
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
