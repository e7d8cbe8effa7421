import type { Count } from '../meter/index.ts'
import type { Clock } from '../state/index.ts'
import type { Authenticate } from './authentication.ts'
import type { BrokerChoices } from './choices.ts'
import type { Client } from './client.ts'
import type { ConnectionRecords } from './connection-records.ts'
import type { LifecycleEvents } from './events/lifecycle-events.ts'
import type { BrokerLimits } from './limits.ts'
import type { BrokerObserver } from './observer.ts'
import type { LogEntry } from './options.ts'
import type { KeyedRate } from './rates/keyed-rate.ts'
import type { RetainedMessages } from './routing/retained.ts'
import type { Router } from './routing/router.ts'
import type { Sessions } from './sessions/sessions.ts'

/** What all connections of one broker share. */
export type BrokerContext = {
  readonly limits: BrokerLimits
  readonly clock: Clock
  readonly newId: () => string
  readonly log: (entry: LogEntry) => void
  readonly count: Count
  readonly observer: BrokerObserver | undefined
  readonly authenticate: Authenticate
  readonly choices: BrokerChoices
  readonly sessions: Sessions
  readonly retained: RetainedMessages
  readonly router: Router
  readonly events: LifecycleEvents
  /** CONNECTs of each client id. */
  readonly connectRate: KeyedRate
  readonly records: ConnectionRecords
  /** Connected clients by client id. */
  readonly clients: Map<string, Client>
}
