import type { Evaluator, Judgement } from './evaluator.ts'
import { explain } from './explanation.ts'
import type { Finding } from './finding.ts'
import { createMatcher, type Hit } from './matching.ts'
import type { Rule } from './rules.ts'
import { wordsOf } from './words.ts'

/** What the context says counts this much of what the action says: circumstances are not intentions. */
const CONTEXT_STRENGTH = 0.25
/** Lowest score that is approved. Circumstances alone never fall below it. */
export const APPROVAL_THRESHOLD = -0.25

/**
 * The rule engine. A rule applies where one of its terms stands in the action or the context. Its value is that of the action plus a
 * quarter of that of the context, kept within −1…1; each is the worst violation where there is one, else the best honouring, so that
 * good words do not dilute a bad one. The score is the mean of the values weighted with the rules' weights, rounded to four
 * digits; 0 when no rule applies. Approved: score ≥ {@link APPROVAL_THRESHOLD} and no rule with a veto broken by the action.
 */
export function createRuleEngine(rules: readonly Rule[]): Evaluator {
  const inOrder = [...rules].sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1))
  const matchers = inOrder.map((rule) => ({ rule, match: createMatcher(rule) }))

  return {
    async evaluate({ action, context }): Promise<Judgement> {
      const actionWords = wordsOf(action)
      const contextWords = wordsOf(context)
      const findings = matchers
        .map(({ rule, match }) => findingOf(rule, match(actionWords), match(contextWords)))
        .filter(({ inAction, inContext }) => inAction.length + inContext.length > 0)
      const moral_score = scoreOf(findings)
      const approved = moral_score >= APPROVAL_THRESHOLD && !findings.some(({ isVetoed }) => isVetoed)
      return {
        moral_score,
        approved,
        applied_rules: findings.map(({ rule }) => rule.name),
        explanation: explain(findings, { score: moral_score, approved, threshold: APPROVAL_THRESHOLD }),
      }
    },
  }
}

function findingOf(rule: Rule, inAction: Hit[], inContext: Hit[]): Finding {
  const action = verdictOf(inAction)
  const value = Math.max(-1, Math.min(1, action + CONTEXT_STRENGTH * verdictOf(inContext)))
  return { rule, inAction, inContext, value, isVetoed: rule.veto && action < 0 }
}

function verdictOf(hits: readonly Hit[]): number {
  const worst = Math.min(0, ...hits.map(({ value }) => value))
  return worst < 0 ? worst : Math.max(0, ...hits.map(({ value }) => value))
}

function scoreOf(findings: readonly Finding[]): number {
  const weights = findings.reduce((sum, { rule }) => sum + rule.weight, 0)
  if (weights === 0) return 0
  const sum = findings.reduce((total, { rule, value }) => total + rule.weight * value, 0)
  // + 0 turns −0 into 0
  return Math.round((sum / weights) * 10_000) / 10_000 + 0
}
