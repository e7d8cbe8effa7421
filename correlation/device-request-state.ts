import type { BridgeError, DeviceAnswer, DeviceRequestState, Json } from '#contract/index.ts'
import { bridgeError } from '#contract/index.ts'
import type { DeviceRequestRecord } from './device-request-record.ts'
import { deviceRequestId } from './request-key.ts'

export type DeviceFailure = Extract<DeviceRequestState, { state: 'failed' }>['error']

/** The outcome of a request that the device answered, as it is stored. */
export function answerOutcome(answer: unknown): string {
  return JSON.stringify(answer)
}

/** The outcome of a request that has no answer. `device` is what the device itself said. */
export function failureOutcome(error: BridgeError, device?: unknown): string {
  const failure = { code: error.code, message: error.message, ...(device !== undefined && { device }) }
  return JSON.stringify(failure satisfies { code: string; message: string; device?: unknown })
}

/** What nobody has answered by its deadline. */
export function expiredOutcome(): string {
  return failureOutcome(bridgeError('device_request_expired'))
}

/** How far a request is, as others are told. One whose deadline has passed is `expired`, whether or not that is written already. */
export function deviceRequestState(record: DeviceRequestRecord, nowMs: number): DeviceRequestState {
  const facts = {
    request_id: deviceRequestId(record.request_key),
    client_id: record.client_id,
    correlation_id: record.correlation_id,
    topic: record.topic,
    created_at: new Date(record.created_at_ms).toISOString(),
    deadline_at: new Date(record.deadline_ms).toISOString(),
  }
  const { state, outcome } = record
  if (outcome === undefined) {
    if (record.deadline_ms > nowMs) return { state: 'pending', ...facts }
    return { state: 'expired', ...facts, error: JSON.parse(expiredOutcome()) as DeviceFailure }
  }
  if (state === 'completed') return { state, ...facts, answer: JSON.parse(outcome) as Json }
  return { state: state === 'expired' ? state : 'failed', ...facts, error: JSON.parse(outcome) as DeviceFailure }
}

/** What a completion is told: the answer, or why there is none; undefined while there is no outcome. */
export function completionOf(
  record: DeviceRequestRecord,
): { answer: DeviceAnswer } | { failure: DeviceFailure } | undefined {
  if (record.outcome === undefined) return undefined
  const { client_id, correlation_id } = record
  if (record.state !== 'completed') return { failure: JSON.parse(record.outcome) as DeviceFailure }
  const answer = JSON.parse(record.outcome) as Json
  return { answer: { request_id: deviceRequestId(record.request_key), client_id, correlation_id, answer } }
}
