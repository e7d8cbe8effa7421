import type * as z from 'zod'
import * as messages from './messages.ts'

const NAMES = new Map<unknown, string>(
  Object.entries(messages).map(([name, schema]) => [schema, name.charAt(0).toUpperCase() + name.slice(1)]),
)

/** The name of a payload's type, which is that of its schema with a capital letter; undefined for a schema of messages.ts that has none. */
export function payloadName(schema: z.ZodType): string | undefined {
  return NAMES.get(schema)
}
