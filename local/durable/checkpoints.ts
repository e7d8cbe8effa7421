import type { Count } from '../meter/index.ts'
import { applyUpdates } from './apply-update.ts'
import type { ChainedInvokes } from './chained-invokes.ts'
import { checkUpdates } from './check-updates.ts'
import { invalid } from './durable-error.ts'
import { type Execution, isClosed, untold } from './execution.ts'
import type { Executions } from './executions.ts'
import { type InvocationLane, maxResultBytes } from './lane.ts'
import { CLIENT_TOKEN_MS } from './limits.ts'
import { countUse, meter } from './meter.ts'
import { type Operation, type OperationUpdate, replayedOperations } from './operation.ts'
import { pageOf } from './pages.ts'
import { fireDueTimers } from './timers.ts'
import { checkpointToken, checkToken, staleToken } from './tokens.ts'

/** What a function is told after a checkpoint; without a token its execution is over. */
export interface CheckpointAnswer {
  token: string | undefined
  operations: Operation[]
}

interface LastCheckpoint {
  token: string
  clientToken: string
  atMs: number
  answer: CheckpointAnswer
}

/** What a running function does to its own execution. Both throw `InvalidParameterValueException` for a token that is not the present one. */
export interface Checkpoints {
  checkpoint(
    arn: string,
    request: { token: string; clientToken?: string | undefined; updates: readonly OperationUpdate[] },
  ): CheckpointAnswer
  state(
    arn: string,
    request: { token: string; marker?: string | undefined; maxItems?: number | undefined },
  ): { operations: Operation[]; nextMarker: string | undefined }
}

export function createCheckpoints(
  executions: () => Executions,
  lane: InvocationLane,
  chained: () => ChainedInvokes,
  now: () => number,
  count: Count,
): Checkpoints {
  const last = new WeakMap<Execution, LastCheckpoint>()

  function present(arn: string, token: string): { execution: Execution; invocationId: string } {
    const execution = executions().find(arn)
    const invocationId = execution && lane.invocationId(execution)
    if (!execution) throw staleToken()
    checkToken(token, execution.facts, isClosed(execution) ? undefined : invocationId)
    return { execution, invocationId: invocationId ?? '' }
  }

  /** The answer to the last checkpoint, when this is the very same one: its sender has not had it. */
  function repeatedAnswer(arn: string, token: string, clientToken: string | undefined): CheckpointAnswer | undefined {
    const execution = executions().find(arn)
    const before = execution && last.get(execution)
    if (!before || isClosed(execution) || before.token !== token || before.clientToken !== clientToken) return undefined
    return now() - before.atMs < CLIENT_TOKEN_MS ? before.answer : undefined
  }

  return {
    checkpoint(arn, { token, clientToken, updates }) {
      const repeated = repeatedAnswer(arn, token, clientToken)
      if (repeated) return repeated
      const { execution, invocationId } = present(arn, token)
      checkUpdates(updates, execution.operations, maxResultBytes(execution))
      const metered = meter(execution.facts.metered, updates, (id) => !execution.operations.has(id))
      return executions().change(execution, (nowMs) => {
        const { facts } = execution
        const before = facts.metered
        facts.metered = metered
        countUse(count, facts, before)
        const { invoked, end } = applyUpdates(execution, updates, nowMs)
        for (const operation of invoked) chained().begin(execution, operation, nowMs)
        if (end?.succeeded === true) executions().close(execution, 'SUCCEEDED', { result: end.Payload })
        else if (end) executions().close(execution, 'FAILED', { error: end.Error })
        else fireDueTimers(execution, nowMs)
        const operations = untold(execution).map((operation) => structuredClone(operation))
        facts.told = facts.changes
        facts.checkpoints += 1
        const answer = { token: isClosed(execution) ? undefined : checkpointToken(facts, invocationId), operations }
        if (clientToken !== undefined) last.set(execution, { token, clientToken, atMs: nowMs, answer })
        return answer
      })
    },
    state(arn, { token, marker, maxItems }) {
      const { execution } = present(arn, token)
      const position = Number(marker ?? 0)
      const all = replayedOperations(execution.operations)
      if (!Number.isInteger(position) || position < 0 || position > all.length) throw invalid('Invalid Marker')
      const operations = all.slice(position, position + pageOf(maxItems))
      const end = position + operations.length
      return { operations, nextMarker: end < all.length ? String(end) : undefined }
    },
  }
}
