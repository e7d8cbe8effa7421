import type { Completion } from '#contract/index.ts'

/**
 * One request of the cloud to a device, in the table of the correlations. Attribute names as stored; numbers are epoch milliseconds,
 * `expires_at_seconds` (the table's TTL attribute) epoch seconds.
 */
export interface DeviceRequestRecord {
  request_key: string
  state: 'pending' | 'completed' | 'failed' | 'expired'
  request_hash: string
  /** Who is asked, and alone may answer. */
  client_id: string
  correlation_id: string
  /** Key of the topic by which it is asked. */
  topic: string
  /** Name of the topic on which it answers. */
  answer_topic: string
  /** A word on who asks. */
  asked_by: string
  /** How often it was asked for: each time the device is sent the message. */
  attempts: number
  created_at_ms: number
  updated_at_ms: number
  /** An answer that comes later is late. */
  deadline_ms: number
  /** How far progress moves the deadline at once, and where that ends. */
  wait_ms: number
  ends_at_ms: number
  expires_at_seconds: number
  /** Whom the outcome resumes. */
  completion?: Completion
  /** The outcome as text, in the writer's own form, once there is one. */
  outcome?: string
  /** Which message brought it. */
  answer_id?: string
  /** When its completion was told. */
  resumed_at_ms?: number
}

/** What stands for the message that brought the outcome of a request that reached nobody: the device was not there, and nothing was sent. */
export const UNSENT = 'offline'

/** A request that reached nobody, and of which no execution was told, begins anew when it is repeated. */
export function beginsAnew(record: DeviceRequestRecord, completion: Completion | undefined): boolean {
  const wasTold = record.completion !== undefined || completion !== undefined
  return record.state === 'failed' && record.answer_id === UNSENT && !wasTold
}

export type OpenedState = 'opened' | 'repeated' | 'conflict'

/** What an existing record means to one who asks under its key. */
export function refusalToOpen(record: DeviceRequestRecord, requestHash: string): 'conflict' | 'repeated' {
  return record.request_hash === requestHash ? 'repeated' : 'conflict'
}

export interface Settlement {
  state: 'completed' | 'failed'
  outcome: string
  /** Which message brings it. */
  answerId: string
  /** The topic it came on. */
  answerTopic: string
  /** When the broker took it. */
  atMs: number
}

/**
 * Why a record does not take an answer. `unknown`: there is none that this answer could be for. `repeated`: it is the stored one, come
 * again. `late`: there is an outcome already, or the deadline has passed.
 */
export function refusalToSettle(
  record: DeviceRequestRecord | undefined,
  settlement: Pick<Settlement, 'answerTopic' | 'answerId'>,
): 'unknown' | 'repeated' | 'late' {
  if (record?.answer_topic !== settlement.answerTopic) return 'unknown'
  return record.answer_id === settlement.answerId ? 'repeated' : 'late'
}

/** Until when a device that tells of its progress now has time. */
export function extendedDeadline(record: Pick<DeviceRequestRecord, 'wait_ms' | 'ends_at_ms'>, atMs: number): number {
  return Math.min(atMs + record.wait_ms, record.ends_at_ms)
}
