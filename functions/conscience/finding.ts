import type { Hit } from './matching.ts'
import type { Rule } from './rules.ts'

/** What one rule says of a deed. */
export interface Finding {
  rule: Rule
  inAction: readonly Hit[]
  inContext: readonly Hit[]
  /** −1…1 */
  value: number
  isVetoed: boolean
}
