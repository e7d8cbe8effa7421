import type * as z from 'zod'
import { bridgeError } from '#contract/index.ts'

/**
 * Reads a function's variables. Throws configuration_invalid that names every missing or wrong variable at once, never a value.
 */
export function readEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): z.output<Schema> {
  const parsed = schema.safeParse(environment)
  if (parsed.success) return parsed.data
  const problem = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  throw bridgeError('configuration_invalid', { problem })
}
