import * as z from 'zod'
import { bridgeError, describeIssue } from '#contract/index.ts'
import { foldCase, wordsOf } from './words.ts'

/** Bounds of a rules file; they keep the longest evaluation well under a second. */
export const RULE_LIMITS = {
  rules: 50,
  termsPerList: 100,
  termCharacters: 80,
  wordsPerTerm: 6,
  maxWeight: 100,
} as const

const TERM_WORD = /^[\p{L}\p{N}\p{M}']*\*?$/u

/**
 * One or more words, one space between two. A trailing `*` matches any ending (`honest*`: honest, honestly, honesty); a `*` alone
 * stands for any one word (`share * data`).
 */
const term = z
  .string()
  .max(RULE_LIMITS.termCharacters)
  .transform(foldCase)
  .refine((text) => {
    const words = text.split(' ')
    return words.length <= RULE_LIMITS.wordsPerTerm && words.every((word) => word !== '' && TERM_WORD.test(word))
  }, `expected one to ${RULE_LIMITS.wordsPerTerm} words of letters, digits and apostrophes with one space between, each with at most a trailing *`)
  .refine((text) => wordsOf(text).length > 0, 'expected at least one word beside *')

const terms = z.array(term).max(RULE_LIMITS.termsPerList)

const ruleSchema = z.strictObject({
  name: z.string().min(1).max(100),
  description: z.string().min(1).max(500),
  weight: z.number().gt(0).max(RULE_LIMITS.maxWeight),
  /** Terms that keep the rule. */
  honours: terms,
  /** Terms that break it. */
  violates: terms,
  /** An action that breaks the rule is never approved, whatever else speaks for it. */
  veto: z.boolean().default(false),
})

const rulesSchema = z
  .array(ruleSchema)
  .min(1)
  .max(RULE_LIMITS.rules)
  .refine((rules) => new Set(rules.map((rule) => rule.name)).size === rules.length, 'expected each name once')

export type Rule = z.output<typeof ruleSchema>
export type RuleInput = z.input<typeof ruleSchema>

/** Reads a rules file. Throws configuration_invalid that names the rule by its place and what is wrong with it. */
export function parseRules(input: unknown): Rule[] {
  const parsed = rulesSchema.safeParse(input)
  if (parsed.success) return parsed.data
  throw bridgeError('configuration_invalid', { problem: `conscience rules: ${describeIssue(parsed.error)}` })
}
