import type { TargetInput } from './input.ts'
import type { EventMatcher } from './pattern/compile-pattern.ts'

/** Where a rule sends what it matches. */
export interface RuleTarget {
  id: string
  /** A function, a queue or a state machine. */
  arn: string
  /** With which a state machine is started. */
  roleArn?: string | undefined
  input: TargetInput
  /** 0 to 185, default 185. */
  maximumRetryAttempts: number
  /** 60 to 86,400, default 86,400. */
  maximumEventAgeSeconds: number
  deadLetterArn?: string | undefined
}

export interface BusRule {
  name: string
  arn: string
  busName: string
  /** JSON, as given. */
  pattern: string
  matches: EventMatcher
  isEnabled: boolean
  targets: readonly RuleTarget[]
}

/** Buses, and their rules by ARN. The bus `default` is always there. */
export interface BusRegistry {
  readonly buses: Map<string, { name: string; arn: string }>
  readonly rules: Map<string, BusRule>
}

export const DEFAULT_BUS = 'default'

export function createBusRegistry(arnPrefix: string): BusRegistry {
  const bus = { name: DEFAULT_BUS, arn: `${arnPrefix}:event-bus/${DEFAULT_BUS}` }
  return { buses: new Map([[DEFAULT_BUS, bus]]), rules: new Map() }
}

/** A bus may be named by its name or its ARN. */
export function busNameOf(nameOrArn: string): string {
  return nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1)
}
