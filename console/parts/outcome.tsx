import type { HopOutcome } from '#cli/console/wire.ts'

/** A state with its colour; the word says the same for who sees no colour. */
export function Outcome({ outcome }: { outcome: HopOutcome }) {
  return <span class={`state ${outcome}`}>{outcome}</span>
}
