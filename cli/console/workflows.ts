import type { Target } from '../target.ts'
import { openWorkflows } from '../workflow/open-workflows.ts'
import type { ExecutionRow, StepRow } from './wire.ts'

const LIMIT = 100

/** Executions, by what `bridge workflow` does. */
export function openExecutions(target: Target) {
  const workflows = openWorkflows(target)
  return {
    async list(): Promise<ExecutionRow[]> {
      const found = await workflows.list({ limit: LIMIT })
      return found.map(({ name, workflow, engine, status, startedAt, endedAt }) => ({
        ...{ name, workflow, engine, status, startedAtMs: startedAt.getTime(), endedAtMs: endedAt?.getTime() },
      }))
    },
    async steps(executionName: string): Promise<StepRow[]> {
      const { steps } = await workflows.show(executionName)
      return steps.map(({ name, kind, state, level, retries, startedAt, endedAt, error }) => ({
        ...{
          name,
          kind,
          state,
          level,
          retries,
          startedAtMs: startedAt.getTime(),
          endedAtMs: endedAt?.getTime(),
          error,
        },
      }))
    },
  }
}
