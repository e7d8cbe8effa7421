import { invalid } from './durable-error.ts'
import { MAX_CALLBACK_SECONDS, MAX_ERROR_BYTES, MAX_OPERATION_PAYLOAD_BYTES, WAIT_SECONDS } from './limits.ts'
import type { Operation, OperationAction, OperationStatus, OperationType, OperationUpdate } from './operation.ts'

type Check = (update: OperationUpdate, current: Operation | undefined) => void

const ID = /^[a-zA-Z0-9-_]{1,64}$/
const OPEN: readonly OperationStatus[] = ['STARTED', 'READY']
const ACTIONS: Readonly<Record<OperationType, readonly OperationAction[]>> = {
  EXECUTION: ['SUCCEED', 'FAIL'],
  CONTEXT: ['START', 'SUCCEED', 'FAIL'],
  STEP: ['START', 'SUCCEED', 'FAIL', 'RETRY'],
  WAIT: ['START', 'CANCEL'],
  CALLBACK: ['START', 'CANCEL'],
  CHAINED_INVOKE: ['START', 'CANCEL'],
}

/**
 * Throws `InvalidParameterValueException` for a checkpoint that may not be, and nothing of it is applied. Operations are those before
 * the checkpoint: a start and an end of the same operation may come together.
 */
export function checkUpdates(
  updates: readonly OperationUpdate[],
  operations: ReadonlyMap<string, Operation>,
  maxResultBytes: number,
): void {
  const executionUpdates = updates.filter(({ Type }) => Type === 'EXECUTION')
  if (executionUpdates.length > 1) throw invalid('Cannot checkpoint multiple EXECUTION updates.')
  if (executionUpdates.length === 1 && updates.at(-1)?.Type !== 'EXECUTION') {
    throw invalid('EXECUTION checkpoint must be the last update.')
  }
  const before = new Map<string, OperationUpdate>()
  for (const update of updates) {
    checkOrder(update, before, operations)
    before.set(update.Id, update)
    checkOne(update, operations.get(update.Id), maxResultBytes)
  }
}

function checkOrder(
  update: OperationUpdate,
  before: ReadonlyMap<string, OperationUpdate>,
  operations: ReadonlyMap<string, Operation>,
): void {
  const { Id, ParentId, Action } = update
  if (typeof Id !== 'string' || !ID.test(Id)) throw invalid('Invalid operation id.')
  const same = before.get(Id)
  const mayEnd = same?.Type === 'STEP' || same?.Type === 'CONTEXT'
  if (same && !(mayEnd && same.Action === 'START' && Action !== 'START')) {
    throw invalid('Cannot update the same operation twice in a single request.')
  }
  if (ParentId === undefined) return
  const parent = before.get(ParentId)?.Type ?? operations.get(ParentId)?.type
  if (parent !== 'CONTEXT') throw invalid('Invalid parent operation id.')
}

function checkOne(update: OperationUpdate, current: Operation | undefined, maxResultBytes: number): void {
  const { Type, Action, Payload, Error: error } = update
  if (!Object.hasOwn(ACTIONS, Type)) throw invalid('Unknown operation type.')
  if (!ACTIONS[Type].includes(Action)) throw invalid('Invalid action for the given operation type.')
  if (current && Type !== 'EXECUTION') checkSame(update, current)
  if (Action === 'SUCCEED' && error) throw invalid('Cannot provide an Error for SUCCEED action.')
  if (Action === 'FAIL' && Payload !== undefined) throw invalid('Cannot provide a Payload for FAIL action.')
  const limit = Type === 'EXECUTION' ? maxResultBytes : MAX_OPERATION_PAYLOAD_BYTES
  if (Payload !== undefined && Buffer.byteLength(Payload) > limit) {
    throw invalid(`${Type} payload size must be less than or equal to ${limit} bytes.`)
  }
  if (error && Buffer.byteLength(JSON.stringify(error)) > MAX_ERROR_BYTES) {
    throw invalid(`Error object size must be less than or equal to ${MAX_ERROR_BYTES} bytes.`)
  }
  STATE_CHECKS[Type](update, current)
}

function checkSame({ Type, SubType, Name, ParentId }: OperationUpdate, current: Operation): void {
  if (current.type !== Type) throw invalid('Inconsistent operation type.')
  if (SubType !== undefined && current.subType !== SubType) throw invalid('Inconsistent operation subtype.')
  if (Name !== undefined && current.name !== Name) throw invalid('Inconsistent operation name.')
  if (current.parentId !== ParentId) throw invalid('Inconsistent parent operation id.')
}

const STATE_CHECKS: Readonly<Record<OperationType, Check>> = {
  EXECUTION() {},
  CONTEXT(update, current) {
    if (update.Action === 'START') requireNew(update, current)
    else if (current && current.status !== 'STARTED') throw invalid('Invalid current CONTEXT state to close.')
  },
  STEP({ Action, Payload, Error: error, StepOptions }, current) {
    const delaySeconds = StepOptions?.NextAttemptDelaySeconds
    if ((Action === 'RETRY') !== (delaySeconds !== undefined)) {
      throw invalid('Invalid StepOptions for the given action.')
    }
    if (Action === 'START') {
      if (current && current.status !== 'READY') throw invalid('Invalid current STEP state to start.')
      return
    }
    if (Action === 'RETRY' && Payload !== undefined && error) {
      throw invalid('Cannot provide both error and payload to RETRY a STEP.')
    }
    if (current && !OPEN.includes(current.status)) {
      throw invalid(`Invalid current STEP state to ${Action === 'RETRY' ? 're-attempt' : 'close'}.`)
    }
  },
  WAIT(update, current) {
    if (update.Action === 'CANCEL') return requireOpen(update, current)
    requireNew(update, current)
    const waitSeconds = update.WaitOptions?.WaitSeconds
    if (waitSeconds === undefined) throw invalid('Update for WAIT operation requires WaitOptions.')
    checkSeconds('waitSeconds', waitSeconds, WAIT_SECONDS.min, WAIT_SECONDS.max)
  },
  CALLBACK(update, current) {
    if (update.Action === 'CANCEL') return requireOpen(update, current)
    requireNew(update, current)
    const { TimeoutSeconds = 0, HeartbeatTimeoutSeconds = 0 } = update.CallbackOptions ?? {}
    checkSeconds('timeoutSeconds', TimeoutSeconds, 0, MAX_CALLBACK_SECONDS)
    checkSeconds('heartbeatTimeoutSeconds', HeartbeatTimeoutSeconds, 0, MAX_CALLBACK_SECONDS)
  },
  CHAINED_INVOKE(update, current) {
    if (update.Action === 'CANCEL') return requireOpen(update, current)
    requireNew(update, current)
    if (typeof update.ChainedInvokeOptions?.FunctionName !== 'string') {
      throw invalid('Update for CHAINED_INVOKE operation requires ChainedInvokeOptions.')
    }
  },
}

function requireNew({ Type }: OperationUpdate, current: Operation | undefined): void {
  if (current) throw invalid(`Cannot start a ${Type} that already exists.`)
}

function requireOpen({ Type }: OperationUpdate, current: Operation | undefined): void {
  if (current?.status === 'STARTED') return
  throw invalid(`Cannot cancel a ${Type} that does not exist or has already completed.`)
}

function checkSeconds(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw invalid(`${name}: expected a whole number from ${min} to ${max}, got ${value}`)
}
