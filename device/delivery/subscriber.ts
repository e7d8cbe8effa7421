import type { Message, SubscribeOptions } from '../api/operations.ts'
import type { Lane } from './lane.ts'

/** One handler with its lane. */
export interface Subscriber {
  readonly lane: Lane
  readonly acknowledge: NonNullable<SubscribeOptions['acknowledge']>
  /** It answers requests: one that comes again is given to it too, so that its answer goes out again. */
  readonly answers: boolean
  handle(payload: unknown, message: Message): unknown
}
