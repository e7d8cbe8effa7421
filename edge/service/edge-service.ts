import type { Health } from '../http/health-schema.ts'
import type { OutgoingMessage, PublishAnswer } from '../mqtt/publisher.ts'
import type { RequestCall, Requester } from '../mqtt/requester.ts'
import type { SubscriptionInfo, SubscriptionRequest, SubscriptionService } from '../mqtt/subscription-service.ts'
import type { Consumer } from '../mqtt/topic-hub.ts'
import type { DeadLetter } from '../store/delivery-table.ts'

/** What the HTTP routes call; the same for programs in the process. */
export interface EdgeService extends Pick<SubscriptionService, 'subscribe' | 'unsubscribe'>, Requester {
  health(): Health
  /** False when nothing more will come of it: the broker refuses for good, the store fails, or the service is ending. */
  isUsable(): boolean
  publish(message: OutgoingMessage): Promise<PublishAnswer>
  subscriptions(): SubscriptionInfo[]
  deadLetters(page: { afterId: number; count: number }): { count: number; deadLetters: DeadLetter[] }
  /** Sends dead letters once more, or forgets them; all of them without ids. Returns how many. Throws dead_letter_unknown. */
  redrive(ids?: readonly number[]): number
  discard(ids?: readonly number[]): number
  /** Every message that comes, or those of a filter, which is subscribed to meanwhile. Rejects as `subscribe` does. */
  listen(filter: string, consumer: Consumer): Promise<() => Promise<void>>
}

export type { RequestCall, SubscriptionRequest }
