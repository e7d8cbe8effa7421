import type { InboundMessage } from '../../broker/index.ts'

/** Is told what rules make of a message, when it is made: it must be quick and must not throw. */
export interface RuleObserver {
  /** `fields` are those of the output, by name; `reason` the code of an error. */
  evaluated(
    message: InboundMessage,
    facts: {
      rule: string
      durationMs: number
      outcome: 'ok' | 'filtered' | 'failed'
      reason?: string
      fields?: readonly string[]
    },
  ): void
  /** `reason` is what failed; absent when the target took it. The error action is told like the others. */
  acted(
    message: InboundMessage,
    facts: { rule: string; durationMs: number; action: string; resource: string; reason?: string },
  ): void
}
