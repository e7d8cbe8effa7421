import type { Count } from '../meter/index.ts'
import { invalid } from './durable-error.ts'
import type { ExecutionFacts } from './execution.ts'
import { MAX_OPERATIONS, MAX_STORED_BYTES } from './limits.ts'
import type { OperationUpdate } from './operation.ts'

/**
 * What an execution has used up after these updates: an operation counts when it begins, or ends without having begun, and with each of
 * its repeats. Throws `InvalidParameterValueException` beyond what Lambda takes of one execution.
 * https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-sdk.html
 */
export function meter(
  before: ExecutionFacts['metered'],
  updates: readonly OperationUpdate[],
  isNew: (id: string) => boolean,
): ExecutionFacts['metered'] {
  const begun = new Set<string>()
  let { operations, bytes } = before
  for (const { Id, Type, Action, Payload = '', Error: error } of updates) {
    const begins = Type !== 'EXECUTION' && isNew(Id) && !begun.has(Id)
    if (begins || Action === 'RETRY') operations += 1
    begun.add(Id)
    bytes += Buffer.byteLength(Payload) + (error ? Buffer.byteLength(JSON.stringify(error)) : 0)
  }
  if (operations > MAX_OPERATIONS) {
    throw invalid(`An execution takes at most ${MAX_OPERATIONS} durable operations, got ${operations}`)
  }
  if (bytes > MAX_STORED_BYTES) throw invalid(`An execution keeps at most ${MAX_STORED_BYTES} bytes, got ${bytes}`)
  return { operations, bytes }
}

/** Counts what an execution has used up since `before`. https://aws.amazon.com/lambda/pricing/ */
export function countUse(
  count: Count,
  { functionName, metered }: Pick<ExecutionFacts, 'functionName' | 'metered'>,
  before: ExecutionFacts['metered'] = { operations: 0, bytes: 0 },
): void {
  count('durable.operations', functionName, metered.operations - before.operations)
  count('durable.bytesWritten', functionName, metered.bytes - before.bytes)
}
