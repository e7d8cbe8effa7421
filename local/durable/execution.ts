import type { HistoryEvent } from './history-event.ts'
import type { ErrorObject, Operation } from './operation.ts'

/** https://docs.aws.amazon.com/lambda/latest/api/API_Execution.html */
export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'STOPPED'

/** What is known of an execution beside its operations and its history. */
export interface ExecutionFacts {
  readonly arn: string
  /** Also of its first operation, which has the input and, in the end, the result. */
  readonly id: string
  readonly name: string
  readonly functionName: string
  /** With the version. */
  readonly functionArn: string
  readonly version: string
  readonly startedAtMs: number
  readonly timeoutSeconds: number
  readonly retentionDays: number
  /** How it was invoked: it decides how large the result may be, and where a failure goes. */
  readonly kind: 'synchronous' | 'asynchronous' | 'chained'
  /** Request id of the invocation that started it. */
  readonly requestId: string
  /** The operation of another execution that waits for this one. */
  readonly parent?: { readonly arn: string; readonly operationId: string } | undefined
  status: ExecutionStatus
  endedAtMs?: number
  error?: ErrorObject | undefined
  /** Number of the last change of an operation. */
  changes: number
  /** Number of the last change that an invocation was told of. */
  told: number
  /** Number of the last checkpoint; part of the token of the next one. */
  checkpoints: number
  /** Number of the last event. */
  events: number
  /** What Lambda bills beside invocations: operations with their repeats, and the bytes of what they kept. */
  metered: { operations: number; bytes: number }
  /** An invocation is under way, or was when the runtime ended. */
  isInvoked: boolean
  /** Invocations that failed, in a row. */
  failures: number
  /** When the next one is tried. */
  retryAtMs?: number | undefined
  /** A failure that is still to be handed to the dead-letter queue. */
  deadLetter?: { dueAtMs: number; tries: number } | undefined
}

/** An execution with all it has. What is changed in it is stored by its owner. */
export interface Execution {
  readonly facts: ExecutionFacts
  readonly operations: Map<string, Operation>
  /** Operations and events that are not stored as they are now. */
  readonly unsaved: { readonly operations: Set<Operation>; readonly events: HistoryEvent[] }
}

export function newExecution(facts: ExecutionFacts, operations: Iterable<Operation>): Execution {
  const byId = new Map([...operations].map((operation) => [operation.id, operation]))
  return { facts, operations: byId, unsaved: { operations: new Set(), events: [] } }
}

export const isClosed = ({ facts }: Execution): boolean => facts.status !== 'RUNNING'

/** The operation that stands for the execution itself. */
export function rootOf({ facts, operations }: Execution): Operation {
  const root = operations.get(facts.id)
  if (!root) throw new TypeError(`${facts.arn} has lost its first operation`)
  return root
}

/** Marks a change of an operation, which the next checkpoint or invocation tells the function. */
export function touch({ facts, unsaved }: Execution, operation: Operation): void {
  facts.changes += 1
  operation.changed = facts.changes
  unsaved.operations.add(operation)
}

/** Changes that the function does not know of yet, in their order. */
export function untold({ facts, operations }: Execution): Operation[] {
  return [...operations.values()]
    .filter(({ changed }) => changed > facts.told)
    .sort((one, other) => one.changed - other.changed)
}
