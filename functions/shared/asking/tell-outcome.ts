import type { Completion, DeviceAnswer } from '#contract/index.ts'
import { completionOf, type DeviceFailure, type DeviceRequestRecord, type DeviceRequests } from '#correlation/index.ts'
import type { Observer } from '../observability.ts'

/** The engines that wait. `gone`: nobody waits there any more, and nobody ever will. Others faults reject. */
export interface Waiters {
  succeed(completion: Completion, answer: DeviceAnswer): Promise<'told' | 'gone'>
  fail(completion: Completion, failure: DeviceFailure): Promise<'told' | 'gone'>
  heartbeat(completion: Completion): Promise<'told' | 'gone'>
}

/** Tells the outcome of a record to its completion, if there are both and it was not told before. */
export type TellOutcome = (record: DeviceRequestRecord) => Promise<void>

/**
 * First the engine, then the mark: a crash between the two tells the engine again, which knows that it was told. Engines take the first
 * word, so whoever comes second changes nothing.
 */
export function createTellOutcome(dependencies: {
  requests: DeviceRequests
  waiters: Waiters
  observer: Observer
}): TellOutcome {
  const { requests, waiters, observer } = dependencies
  return async (record) => {
    const { completion } = record
    const outcome = completionOf(record)
    if (!completion || !outcome || record.resumed_at_ms !== undefined) return
    const told =
      'answer' in outcome
        ? await waiters.succeed(completion, outcome.answer)
        : await waiters.fail(completion, outcome.failure)
    if (told === 'gone') {
      observer.count('WaitersGone')
      observer.warn('waiter_gone', { client_id: record.client_id, engine: completion.kind, state: record.state })
    }
    await requests.markResumed(record.request_key)
  }
}
