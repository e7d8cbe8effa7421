import { RESOURCE_TYPES } from '../resources/index.ts'
import { code, table } from './markdown.ts'

/** Every type with what becomes of its properties. */
export function resourceTypes(): string {
  const names = (list: readonly string[] = []) => code(list.filter((name) => name !== '*'))
  const rows = Object.entries(RESOURCE_TYPES).map(([type, { properties, note = '' }]) => [
    `\`${type}\``,
    properties.honoured.length === 1 && properties.honoured[0] === '*' ? 'every one' : names(properties.honoured),
    properties.ignored?.[0] === '*' ? 'every other' : names(properties.ignored),
    names(properties.refused),
    note,
  ])
  return table(['type', 'honoured', 'ignored', 'refused', 'note'], rows)
}
