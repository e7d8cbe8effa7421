import type { Clock } from '../state/index.ts'
import type { Authenticate } from './authentication.ts'
import type { Client } from './client.ts'
import type { BrokerLimits } from './limits.ts'
import type { LogEntry } from './options.ts'
import type { RetainedMessages } from './retained.ts'
import type { Router } from './router.ts'
import type { Sessions } from './sessions.ts'

/** What all connections of one broker share. */
export type BrokerContext = {
  readonly limits: BrokerLimits
  readonly clock: Clock
  readonly newId: () => string
  readonly log: (entry: LogEntry) => void
  readonly authenticate: Authenticate
  readonly deniedSubscribeV4: 'suback' | 'close'
  readonly sessions: Sessions
  readonly retained: RetainedMessages
  readonly router: Router
  /** Connected clients by client id. */
  readonly clients: Map<string, Client>
}
