import type { WorkflowName } from '#contract/index.ts'

/** One execution of a workflow, whichever engine runs it. */
export interface Execution {
  workflow: WorkflowName
  engine: 'durable function' | 'state machine'
  name: string
  arn: string
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'STOPPED'
  startedAt: Date
  endedAt: Date | undefined
}

/** What one step of an execution has come to. */
export interface Step {
  name: string
  kind: string
  /** `waiting`: nothing runs, somebody or some time is waited for. */
  state: 'running' | 'waiting' | 'succeeded' | 'failed' | 'timed out' | 'cancelled'
  /** How deep it stands in other steps. */
  level: number
  /** Failed attempts before this one. */
  retries: number
  startedAt: Date
  endedAt: Date | undefined
  /** When a wait ends at the latest. */
  until: Date | undefined
  error: string | undefined
}

export interface ExecutionDetails extends Execution {
  /** As JSON text; the request that is answered stands in it. */
  input: string | undefined
  error: string | undefined
  steps: Step[]
}

export interface Engine {
  /** The newest first. Undefined when this engine does not run the workflow here. */
  list(
    workflow: WorkflowName,
    options: { limit: number; status?: Execution['status'] },
  ): Promise<Execution[] | undefined>
  /** Undefined when there is none of that name. */
  show(workflow: WorkflowName, name: string): Promise<ExecutionDetails | undefined>
}
