import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { bridgeError, describeIssue } from '#contract/index.ts'

/** A year, the longest that an execution may take. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const LONGEST_EXECUTION_SECONDS = 365 * 24 * 60 * 60

/** What the stack itself reads of a definition in the Amazon States Language; the rest is the service's to judge. */
const definitionSchema = z.looseObject({
  StartAt: z.string(),
  States: z.record(z.string(), z.looseObject({ Type: z.string() })),
  /** Required here: whoever asked is told when an execution has ended, so it must end. */
  TimeoutSeconds: z.int().min(1).max(LONGEST_EXECUTION_SECONDS),
})

export type StateMachineDefinition = z.infer<typeof definitionSchema>

/** Reads a definition from a file of JSON. Throws configuration_invalid with what is wrong. */
export function readStateMachine(file: string): StateMachineDefinition {
  const refuse = (problem: string, cause?: unknown) =>
    bridgeError('configuration_invalid', { problem: `reviewStateMachineFile ${file}: ${problem}` }, { cause })
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw refuse((cause as Error).message, cause)
  }
  const parsed = definitionSchema.safeParse(json)
  if (!parsed.success) throw refuse(describeIssue(parsed.error))
  return parsed.data
}
