// https://docs.aws.amazon.com/lambda/latest/api/API_Operation.html
export type OperationType = 'EXECUTION' | 'CONTEXT' | 'STEP' | 'WAIT' | 'CALLBACK' | 'CHAINED_INVOKE'
export type OperationAction = 'START' | 'SUCCEED' | 'FAIL' | 'RETRY' | 'CANCEL'
export type OperationStatus =
  | 'STARTED'
  | 'PENDING'
  | 'READY'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'CANCELLED'
  | 'TIMED_OUT'
  | 'STOPPED'

/** https://docs.aws.amazon.com/lambda/latest/api/API_ErrorObject.html */
export interface ErrorObject {
  readonly ErrorMessage?: string
  readonly ErrorType?: string
  readonly ErrorData?: string
  readonly StackTrace?: readonly string[]
}

/** One thing that an execution does, as it stands. */
export interface Operation {
  readonly id: string
  readonly parentId?: string | undefined
  readonly name?: string | undefined
  readonly type: OperationType
  readonly subType?: string | undefined
  readonly startedAtMs: number
  /** Of an execution and a chained invocation. */
  readonly input?: string | undefined
  status: OperationStatus
  endedAtMs?: number
  result?: string | undefined
  error?: ErrorObject | undefined
  /** Of a step: the attempts that have ended. */
  attempts?: number
  /** The end of a wait, the next attempt of a step. */
  dueAtMs?: number | undefined
  callback?: {
    readonly id: string
    readonly timeoutAtMs?: number
    readonly heartbeatSeconds?: number
    heartbeatAtMs?: number
  }
  replayChildren?: boolean | undefined
  invoked?: { readonly functionName: string; executionArn?: string }
  /** Number of its last change within the execution. */
  changed: number
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_OperationUpdate.html */
export interface OperationUpdate {
  readonly Id: string
  readonly ParentId?: string
  readonly Name?: string
  readonly Type: OperationType
  readonly SubType?: string
  readonly Action: OperationAction
  readonly Payload?: string
  readonly Error?: ErrorObject
  readonly ContextOptions?: { readonly ReplayChildren?: boolean }
  readonly StepOptions?: { readonly NextAttemptDelaySeconds?: number }
  readonly WaitOptions?: { readonly WaitSeconds?: number }
  readonly CallbackOptions?: { readonly TimeoutSeconds?: number; readonly HeartbeatTimeoutSeconds?: number }
  readonly ChainedInvokeOptions?: { readonly FunctionName?: string; readonly TenantId?: string }
}

/** What an execution waits for while no invocation runs. */
export function isPending({ type, status }: Operation): boolean {
  if (type === 'STEP') return status === 'PENDING' || status === 'READY'
  return status === 'STARTED' && (type === 'WAIT' || type === 'CALLBACK' || type === 'CHAINED_INVOKE')
}

/** Operations that a replay needs: those within a context that has ended are left out, unless it asked for them. */
export function replayedOperations(operations: ReadonlyMap<string, Operation>): Operation[] {
  const left = new Set<string>()
  return [...operations.values()].filter(({ id, parentId }) => {
    const parent = parentId === undefined ? undefined : operations.get(parentId)
    if (!parent) return true
    const hasEnded = parent.status === 'SUCCEEDED' || parent.status === 'FAILED'
    if (!left.has(parent.id) && (!hasEnded || parent.replayChildren === true)) return true
    left.add(id)
    return false
  })
}
