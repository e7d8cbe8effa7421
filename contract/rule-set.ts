import * as z from 'zod'

/** The rule set that the conscience judges by; others may join it in the table. */
export const CONSCIENCE_RULE_SET = 'conscience'

/** How long a function judges by what it has read before it looks again. */
export const RULE_SET_KEPT_SECONDS = 30

/** An item of DynamoDB holds 400 KB, and a character takes up to three bytes. */
const MAX_RULE_SET_CHARACTERS = 130_000

/**
 * One version of a rule set, as an item of the rule table; none is ever changed or removed. The highest version is in force. `rules_json` is the
 * text of a rules file; null puts the rules of the deployment in force again.
 */
export const ruleSetRecordSchema = z.object({
  rule_set: z.string().min(1),
  version: z.int().min(1),
  rules_json: z.string().max(MAX_RULE_SET_CHARACTERS).nullable(),
  set_at_ms: z.int().min(0),
  note: z.string().max(500).nullable().default(null),
})

export type RuleSetRecord = z.infer<typeof ruleSetRecordSchema>
