import { TOPIC_KEYS, topicDefinition, type WorkflowName } from '#contract/index.ts'
import { CommandError } from '../command-error.ts'
import type { Target } from '../target.ts'
import { createDurableEngine } from './durable-engine.ts'
import type { Execution, ExecutionDetails } from './execution.ts'
import { createStateMachineEngine } from './state-machine-engine.ts'

/** The workflows of the contract. */
export const WORKFLOW_NAMES: readonly WorkflowName[] = [
  ...new Set(TOPIC_KEYS.flatMap((key) => topicDefinition(key).workflow ?? [])),
]

/** Executions of all workflows of a deployment, on whichever engine each of them runs. */
export interface Workflows {
  /** The newest first. */
  list(options: { workflow?: string; limit: number; status?: Execution['status'] }): Promise<Execution[]>
  /** Throws execution_unknown. */
  show(name: string): Promise<ExecutionDetails>
}

export function openWorkflows(target: Pick<Target, 'aws' | 'stage'>): Workflows {
  const engines = [createDurableEngine(target), createStateMachineEngine(target)]
  return {
    async list({ workflow, limit, status }) {
      const names = WORKFLOW_NAMES.filter((name) => workflow === undefined || name === workflow)
      // of both engines: a state machine may have taken the place of a function that is still there
      const lists = await Promise.all(
        names.flatMap((name) => engines.map((engine) => engine.list(name, { limit, ...(status && { status }) }))),
      )
      return lists
        .flatMap((found) => found ?? [])
        .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
        .slice(0, limit)
    },

    async show(name) {
      for (const workflow of WORKFLOW_NAMES) {
        for (const engine of engines) {
          const found = await engine.show(workflow, name)
          if (found) return found
        }
      }
      throw new CommandError(
        'failed',
        'execution_unknown',
        `there is no execution "${name}"; "workflow list" names them`,
      )
    },
  }
}
