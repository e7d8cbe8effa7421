import type { BridgeEvent } from '../api/events.ts'
import type { Counters } from '../api/metrics.ts'
import type { Supervisor } from '../connection/supervisor.ts'
import type { Subscriptions } from '../delivery/subscriptions.ts'
import type { Unclaimed } from '../delivery/unclaimed.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Requests } from '../request/requests.ts'
import type { Deadlines } from '../timing/deadlines.ts'
import type { TopicBinding } from '../topics/binding.ts'
import type { Rights } from './rights.ts'
import type { Settings } from './settings.ts'

/**
 * The parts of one bridge, as its operations see them. What changes in a part is read by a function: an object with accessors takes twice
 * the memory, and a bridge has a dozen of them.
 */
export interface Parts {
  readonly clientId: string
  readonly settings: Settings
  readonly binding: TopicBinding
  readonly rights: Rights
  readonly outbox: Outbox
  readonly subscriptions: Subscriptions
  readonly requests: Requests
  readonly unclaimed: Unclaimed
  readonly supervisor: Supervisor
  readonly deadlines: Deadlines
  readonly counters: Counters
  /** What `close` calls, for each operation that is still open; undefined once the bridge is closed. */
  readonly open: { operations: Set<{ close(): void }> | undefined }
  onEvent(event: BridgeEvent): void
}
