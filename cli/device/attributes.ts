import { THING_ATTRIBUTE } from '#contract/index.ts'
import { CommandError } from '../command-error.ts'

/** Reads `key=value` pairs. Throws invalid_option for what the service does not take, and for names that the bridge gives itself. */
export function readAttributes(pairs: readonly string[]): Record<string, string> {
  const entries = pairs.map((text): [string, string] => {
    const [name = '', ...rest] = text.split('=')
    const value = rest.join('=')
    if (name === '' || rest.length === 0) throw invalid(`expected key=value, got ${text}`)
    if (THING_ATTRIBUTE.reserved.includes(name)) {
      throw invalid(`${name} has an option of its own, and policies of certificates go by it`)
    }
    for (const [part, pattern] of [
      [name, THING_ATTRIBUTE.name],
      [value, THING_ATTRIBUTE.value],
    ] as const) {
      if (!pattern.test(part)) throw invalid(`expected "${part}" to fit ${pattern.source}`)
    }
    return [name, value]
  })
  return Object.fromEntries(entries)
}

function invalid(problem: string): CommandError {
  return new CommandError('usage', 'invalid_option', `--attribute: ${problem}`)
}
