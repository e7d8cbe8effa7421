import * as z from 'zod'
import { Problem } from '../doctor/problems.ts'

const TIMEOUT_MS = 5_000

const healthSchema = z.object({
  node: z.string(),
  started_at: z.string(),
  parts: z.array(z.object({ part: z.string(), state: z.string(), reason: z.string() })),
  last_errors: z.array(
    z.object({ at: z.string(), function: z.string(), event: z.string(), code: z.string().nullable() }),
  ),
})

export type RuntimeHealth = z.infer<typeof healthSchema>

/** What the local runtime says of itself. Throws service_unreachable. */
export async function runtimeHealth(apiUrl: string): Promise<RuntimeHealth> {
  const url = new URL('/health', apiUrl)
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return healthSchema.parse(await response.json())
  } catch {
    throw new Problem('service_unreachable', `${url} does not answer as a runtime does`)
  }
}
