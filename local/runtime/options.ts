import type { BrokerObserver } from '../broker/index.ts'
import type { RuntimeLog } from '../iot/index.ts'
import type { LogLine } from '../lambda/index.ts'
import type { Clock } from '../state/index.ts'
import type { RateLimitMode } from './rate-limits.ts'

export interface RuntimeOptions {
  /** Folder of the synthesized cloud assembly, `cdk.out`. */
  assemblyFolder: string
  /** Folder of all state; absent: everything is kept in memory and gone at the end. */
  stateFolder?: string | undefined
  /** Folder of the development certificates, made where missing. */
  certificatesFolder: string
  /** 0 takes a free one. */
  mqttPort: number
  /** Of the other endpoints, which are opened where the template has them; absent ones take a free port. */
  endpointPorts?: { wss?: number; mutualTls?: number; https?: number; certificates?: number }
  /** 0 takes a free one. */
  apiPort: number
  /** Of HTTP APIs (API Gateway); absent or 0: a free one. */
  httpApiPort?: number
  /** Values of the template's parameters; others keep their defaults. */
  parameters?: Readonly<Record<string, string>>
  log: RuntimeLog
  onLogLine?(line: LogLine): void
  /** Told before each step that takes time. */
  onProgress?(step: string): void
  /** Whether the steps of messages are recorded, see `Runtime.traces`. Default true. */
  isTraced?: boolean
  /** Is told of what happens at the broker, payloads included. Default: nobody. */
  brokerObserver?: BrokerObserver
  /** Default `local`. */
  rateLimits?: RateLimitMode
  /** Of connections and sessions. Default: the machine's. */
  clock?: Clock
  /** Of functions: the waits before retries, the age of events, the end of environments. Default: the machine's. */
  functionClock?: Clock
  /** How often items whose time to live is over are deleted: on AWS within days. Default: 60,000. */
  expirySweepMs?: number
  /** For tests: every asynchronous event is handed to its function twice, as Lambda may do at any time. Default false. */
  duplicateEvents?: boolean
}

/** Where this account is: nowhere. The region is a real one, so that SDK clients accept it. */
export const LOCAL_ACCOUNT = { accountId: '000000000000', region: 'us-east-1', host: 'localhost' } as const
