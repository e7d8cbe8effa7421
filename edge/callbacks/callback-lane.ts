import type { Delivery, DeliveryTable } from '../store/delivery-table.ts'

/**
 * The messages of one topic for one subscription, in order. A bounded number of them is in memory; what is behind them is read from the
 * store when their turn comes.
 */
export interface CallbackLane {
  readonly url: string
  readonly origin: string
  readonly topic: string
  readonly subscriptionId: number
  /** Just stored. */
  push(delivery: Delivery): void
  /** The one whose turn it is. */
  head(): Delivery | undefined
  /** The head has ended. */
  shift(): void
  /** What it is doing: nothing, waiting for room or sending, or pausing before the next attempt. */
  state: 'idle' | 'busy' | 'paused'
  /** The pause is because the receiver was not reached. */
  isUnreachable: boolean
  /** Ends the pause. */
  cancelPause(): void
}

const IN_MEMORY = 64

/** With `isRestored` an earlier process may have left messages in the store. */
export function createCallbackLane(
  { url, topic, subscriptionId }: Pick<CallbackLane, 'url' | 'topic' | 'subscriptionId'>,
  table: DeliveryTable,
  { isRestored = false }: { isRestored?: boolean } = {},
): CallbackLane {
  let present: Delivery[] = []
  let lastId = 0
  let hasMoreInStore = isRestored

  function load(): void {
    present = table.page({ subscriptionId, topic, afterId: lastId, count: IN_MEMORY })
    lastId = present.at(-1)?.id ?? lastId
    hasMoreInStore = present.length === IN_MEMORY
  }

  return {
    url,
    topic,
    subscriptionId,
    origin: URL.canParse(url) ? new URL(url).origin : url,
    push(delivery) {
      // it may have been read from the store already
      if (delivery.id <= lastId) return
      if (hasMoreInStore || present.length >= IN_MEMORY) {
        hasMoreInStore = true
        return
      }
      present.push(delivery)
      lastId = delivery.id
    },
    head() {
      if (present.length === 0 && hasMoreInStore) load()
      return present[0]
    },
    shift: () => void present.shift(),
    state: 'idle',
    isUnreachable: false,
    cancelPause() {},
  }
}
