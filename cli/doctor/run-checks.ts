import { CommandError } from '../command-error.ts'
import { apiProblem } from './call-api.ts'
import type { Examination } from './examination.ts'
import { Problem, type ProblemCode } from './problems.ts'

/** One thing to look at. */
export interface Check {
  name: string
  /** What was found, in a few words. Throws Problem, or Blocked when something before it is missing. */
  run(examination: Examination): string | Promise<string>
}

export interface Finding {
  check: string
  result: 'passed' | 'failed' | 'skipped'
  detail: string
  code?: ProblemCode
  advice?: string
}

/** A check cannot be made without what the named one finds. */
export class Blocked extends Error {}

export function needed<Value>(value: Value | undefined, check: string): Value {
  if (value === undefined) throw new Blocked(`needs what "${check}" finds`)
  return value
}

/**
 * Makes the checks in their order. Behind the first that fails the others are skipped, since most of what they would say follows from it;
 * with `all` they are made as far as they can be.
 */
export async function runChecks(checks: readonly Check[], examination: Examination): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const check of checks) {
    const [first] = findings.filter(({ result }) => result === 'failed')
    if (first && !examination.options.all) {
      findings.push({ check: check.name, result: 'skipped', detail: `first mend ${first.check}` })
      continue
    }
    findings.push(await make(check, examination, findings))
  }
  return findings
}

async function make({ name, run }: Check, examination: Examination, before: readonly Finding[]): Promise<Finding> {
  try {
    return { check: name, result: 'passed', detail: await run(examination) }
  } catch (error) {
    if (error instanceof Blocked) return { check: name, result: 'skipped', detail: error.message }
    const { code, message, advice } = problemOf(name, error)
    const same = before.find((one) => one.code === code && one.detail === message)
    if (same) return { check: name, result: 'skipped', detail: `for the same reason as ${same.check}` }
    return { check: name, result: 'failed', detail: message, code, advice }
  }
}

function problemOf(name: string, error: unknown): Problem {
  if (error instanceof CommandError && error.code === 'runtime_not_running') {
    return new Problem('runtime_not_running', error.message)
  }
  // a wrong option is the caller's affair and no finding
  if (error instanceof CommandError) throw error
  return apiProblem(name, error)
}
