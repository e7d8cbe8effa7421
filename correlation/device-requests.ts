import type { Completion } from '#contract/index.ts'
import type { DeviceRequestRecord, OpenedState, Settlement } from './device-request-record.ts'

/**
 * Exactly one outcome for a request to a device: `pending` until an answer is stored, its failure, or its end without an answer, whichever
 * is written first. Times are epoch milliseconds unless a name says seconds. All throw store_unavailable.
 */
export interface DeviceRequests {
  /**
   * Writes a new request. `repeated`: it is there already, with this hash; while it is pending, the completion of this caller takes
   * the place of the one before. `conflict`: the key was used for another request.
   */
  open(request: NewDeviceRequest): Promise<{ state: OpenedState; record: DeviceRequestRecord }>
  /** The record as it stands; undefined for none. `consistent`: also what was written a moment ago, at twice the price. */
  find(key: string, options?: { consistent?: boolean }): Promise<DeviceRequestRecord | undefined>
  /** One conditional write: stores the outcome if there is none, the topic is the one to answer on, and the deadline has not passed. */
  settle(
    key: string,
    settlement: Settlement,
  ): Promise<{ state: 'stored' | 'unknown' | 'repeated' | 'late'; record: DeviceRequestRecord | undefined }>
  /** Moves the deadline of what could still be answered. */
  extend(
    key: string,
    progress: { answerTopic: string; atMs: number },
  ): Promise<{ state: 'extended' | 'unknown' | 'late'; record: DeviceRequestRecord | undefined }>
  /** Ends a request whose deadline has passed, so that no answer can. Returns the record as it then stands; undefined for none. */
  expire(key: string, outcome: string): Promise<DeviceRequestRecord | undefined>
  /** Notes that the completion was told of the outcome. */
  markResumed(key: string): Promise<void>
}

export interface NewDeviceRequest {
  key: string
  /** SHA-256 of topic and payload: tells a repeat from another request under the same key. */
  requestHash: string
  clientId: string
  correlationId: string
  topic: string
  answerTopic: string
  askedBy: string
  waitMs: number
  longestWaitMs: number
  completion?: Completion | undefined
}
