import { CommandError } from './command-error.ts'

/** Reads `key=value` words of an option. Throws invalid_option. */
export function keyValues(option: string, words: readonly string[] = []): Record<string, string> {
  const pairs = words.map((text): [string, string] => {
    const [key, ...value] = text.split('=')
    if (!key || value.length === 0)
      throw new CommandError('usage', 'invalid_option', `${option}: expected key=value, got ${text}`)
    return [key, value.join('=')]
  })
  return Object.fromEntries(pairs)
}
