/** Counts of one rule since the start, named as the metrics of AWS IoT. https://docs.aws.amazon.com/iot/latest/developerguide/metrics_dimensions.html */
export interface RuleCounts {
  /** Messages on a topic that the rule listens to. */
  TopicMatch: number
  /** Payloads that were no JSON where the statement needs it. */
  ParseError: number
  /** Basic Ingest to a rule that is disabled or not there. */
  RuleNotFound: number
  /** Messages for which the actions ran. */
  RulesExecuted: number
  ErrorActionSuccess: number
  ErrorActionFailure: number
  /** By type of action. */
  readonly Success: Record<string, number>
  readonly Failure: Record<string, number>
}

export type RuleCountName = Exclude<keyof RuleCounts, 'Success' | 'Failure'>

export interface RuleCounter {
  add(rule: string, name: RuleCountName): void
  addAction(rule: string, name: 'Success' | 'Failure', actionType: string): void
  counts(): Readonly<Record<string, Readonly<RuleCounts>>>
}

export function createRuleCounter(): RuleCounter {
  const byRule = new Map<string, RuleCounts>()

  function countsOf(rule: string): RuleCounts {
    const known = byRule.get(rule)
    if (known !== undefined) return known
    const zero = { TopicMatch: 0, ParseError: 0, RuleNotFound: 0, RulesExecuted: 0 }
    const counts = { ...zero, ErrorActionSuccess: 0, ErrorActionFailure: 0, Success: {}, Failure: {} }
    byRule.set(rule, counts)
    return counts
  }

  return {
    add(rule, name) {
      countsOf(rule)[name] += 1
    },
    addAction(rule, name, actionType) {
      const byType = countsOf(rule)[name]
      byType[actionType] = (byType[actionType] ?? 0) + 1
    },
    counts: () => Object.fromEntries(byRule),
  }
}
