import type { RunOptions, StateMachineDefinition } from 'aws-local-stepfunctions'
import { checkDefinition } from './definition-check.ts'
import { engineDefinition, type TaskState } from './engine-definition.ts'
import { StatesError } from './states-error.ts'

type Library = typeof import('aws-local-stepfunctions')
export type EngineMachine = InstanceType<Library['StateMachine']>
export type EngineEvent = Awaited<
  ReturnType<EngineMachine['run']>['eventLogs'] extends AsyncGenerator<infer Event> ? Event : never
>
export type EngineOptions = RunOptions
/** JSON as the engine's types have it. */
export type EngineValue = Parameters<EngineMachine['run']>[0]

/** A definition that has been read. */
export interface LoadedMachine {
  machine: EngineMachine
  tasks: TaskState[]
}

let loading: Promise<Library> | undefined

/** The engine brings an SDK with it, so it is loaded with the first state machine only. */
export function loadEngine(): Promise<Library> {
  loading ??= import('aws-local-stepfunctions')
  return loading
}

/** Throws `InvalidDefinition` for what is no definition, and for what the engine would ignore. */
export async function loadMachine(definition: unknown): Promise<LoadedMachine> {
  checkDefinition(definition)
  const { StateMachine } = await loadEngine()
  const prepared = engineDefinition(definition)
  try {
    // resources have been checked; their ARNs may name partitions the validator does not know
    const options = { validationOptions: { checkArn: false } }
    return { machine: new StateMachine(prepared.definition as StateMachineDefinition, options), tasks: prepared.tasks }
  } catch (error) {
    throw new StatesError('InvalidDefinition', error instanceof Error ? error.message : String(error))
  }
}

/** The engine does not export the error of a task that timed out; it makes one for a task of a millisecond. */
export async function timeoutError(): Promise<Error> {
  const { StateMachine } = await loadEngine()
  const definition = {
    StartAt: 'Late',
    States: { Late: { Type: 'Task', Resource: 'none', TimeoutSeconds: 0.001, End: true } },
  } as const
  const machine = new StateMachine(definition, { validationOptions: { noValidate: true } })
  const overrides = { taskResourceLocalHandlers: { Late: () => new Promise<never>(() => {}) } }
  try {
    await machine.run({}, { overrides }).result
  } catch (error) {
    if (error instanceof Error && error.cause instanceof Error) return error.cause
  }
  throw new TypeError('the engine did not time out')
}
