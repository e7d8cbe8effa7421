import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { IDENTIFIER_PATTERN } from '#contract/index.ts'
import type { Clock } from '#device/index.ts'
import type { Log } from '../logging/log.ts'

/** What a provisioning file says of the device. */
export interface ProvisionedValues {
  organizationId: string | undefined
  deviceId: string | undefined
}

/** As often as the programs' manager looks. */
export const PROVISIONING_POLL_MS = 5_000

const state = z
  .object({ reported: z.unknown().optional(), desired: z.unknown().optional() })
  .optional()
  .catch(undefined)
const fileSchema = z.object({
  thing: z.object({ lastReported: z.unknown() }).optional().catch(undefined),
  state,
  shadow: z.object({ state }).optional().catch(undefined),
})

/**
 * Reads a provisioning file: `thing.lastReported`, else the shadow's `state.reported`, else its `state.desired`, the shadow being the file itself or
 * its `shadow`. Each value is taken from the first place that has it. Throws for what is no JSON object.
 */
export function readProvisioning(text: string): ProvisionedValues {
  const { thing, state: own, shadow } = fileSchema.parse(JSON.parse(text))
  const shadowState = shadow?.state ?? own
  const places = [thing?.lastReported, shadowState?.reported, shadowState?.desired]
  return { organizationId: first(places, 'organizationId'), deviceId: first(places, 'deviceId') }
}

function first(places: readonly unknown[], name: string): string | undefined {
  for (const place of places) {
    const value = typeof place === 'object' && place !== null ? (place as Record<string, unknown>)[name] : undefined
    if (typeof value === 'string' && IDENTIFIER_PATTERN.test(value)) return value
  }
  return undefined
}

/** Reads the file now and then, since it is written while the service runs. A file that is not there yet is no problem. */
export function followProvisioning(options: {
  file: string
  clock: Clock
  log: Log
  onValues(values: ProvisionedValues): void
}): { close(): void } {
  const { file, clock, log } = options
  let lastProblem = ''
  let cancel = () => {}

  function look(): void {
    try {
      options.onValues(readProvisioning(readFileSync(file, 'utf8')))
      lastProblem = ''
    } catch (error) {
      const problem = problemOf(error)
      if (problem !== lastProblem) log({ level: 'warn', event: 'provisioning_unread', file, problem })
      lastProblem = problem
    }
    cancel = clock.after(PROVISIONING_POLL_MS, look)
  }

  look()
  return { close: () => cancel() }
}

function problemOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code)
  return error instanceof SyntaxError ? 'it is no JSON' : 'it is no object of the expected form'
}
