import { DELIVERY_RETRY_DELAYS_MS, type Deliver, type JsonValue } from '../lambda/index.ts'
import type { Clock } from '../state/index.ts'
import type { Execution } from './execution.ts'
import type { Executions } from './executions.ts'
import type { DurableLog } from './lane.ts'

/** Where events of a function's failed executions go. */
export interface DeadLetterTarget {
  functionArn: string
  roleArn: string | undefined
  deadLetterArn: string | undefined
}

/** Hands the events of asynchronous executions that failed or timed out to the dead-letter queue of their function, at least once. */
export function createDeadLetters(options: {
  executions: () => Executions
  targetOf: (functionName: string) => DeadLetterTarget | undefined
  deliver: Deliver
  clock: Clock
  log: DurableLog
  onSettled: () => void
}) {
  const { deliver, log } = options
  const underWay = new Map<string, Promise<void>>()

  async function send({ facts, operations }: Execution, target: DeadLetterTarget, queueArn: string): Promise<void> {
    const input = operations.get(facts.id)?.input
    await deliver(queueArn, JSON.parse(input ?? 'null') as JsonValue, {
      functionArn: target.functionArn,
      roleArn: target.roleArn,
      kind: 'deadLetter',
      requestId: facts.requestId,
      errorCode: 200,
      ...(facts.error?.ErrorMessage !== undefined && { errorMessage: facts.error.ErrorMessage }),
    })
  }

  async function attempt(execution: Execution): Promise<void> {
    const { facts } = execution
    const target = options.targetOf(facts.functionName)
    const tries = facts.deadLetter?.tries ?? 0
    let next: typeof facts.deadLetter
    try {
      if (target?.deadLetterArn !== undefined) await send(execution, target, target.deadLetterArn)
    } catch (error) {
      const delayMs = DELIVERY_RETRY_DELAYS_MS[tries]
      const reason = error instanceof Error ? error.message : String(error)
      log({ level: 'error', event: 'durable_dead_letter_failed', execution: facts.arn, reason, isGivenUp: !delayMs })
      if (delayMs !== undefined) next = { dueAtMs: options.clock.nowMs() + delayMs, tries: tries + 1 }
    }
    options.executions().change(execution, () => {
      facts.deadLetter = next
    })
  }

  return {
    /** Within the change that closes the execution. */
    note({ facts }: Execution, nowMs: number): void {
      const isLost = facts.status === 'FAILED' || facts.status === 'TIMED_OUT'
      if (!isLost || facts.kind !== 'asynchronous') return
      if (options.targetOf(facts.functionName)?.deadLetterArn !== undefined)
        facts.deadLetter = { dueAtMs: nowMs, tries: 0 }
    },
    /** Hands over what is due. */
    deliver(execution: Execution): void {
      const { arn } = execution.facts
      if (underWay.has(arn)) return
      const work = attempt(execution)
        .catch((error: unknown) =>
          log({ level: 'error', event: 'state_failed', execution: arn, reason: String(error) }),
        )
        .finally(() => {
          underWay.delete(arn)
          options.onSettled()
        })
      underWay.set(arn, work)
    },
    active: () => underWay.size,
    settled: () => Promise.all(underWay.values()),
  }
}
