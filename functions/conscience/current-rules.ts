import { RULE_SET_KEPT_SECONDS, ruleSetRecordSchema } from '#contract/index.ts'
import type { Observer } from '../shared/observability.ts'
import type { Evaluator } from './evaluator.ts'
import { createRuleEngine } from './rule-engine.ts'
import type { RuleTable, StoredRules } from './rule-table.ts'
import { parseRules, type Rule } from './rules.ts'

/** After a read that failed it is tried again this much later, and not with every request. */
const RETRY_SECONDS = 5

/**
 * Judges by the rules that are in force: the newest version of the table, else those of the deployment (version 0). Looks again after
 * {@link RULE_SET_KEPT_SECONDS}. A version that is not valid is refused, told once, and the one before stays in force. A table that cannot be read
 * leaves the rules as they are; before they were read once, the request fails with store_unavailable and is repeated.
 */
export function createCurrentRules(options: {
  table: RuleTable
  deployed: readonly Rule[]
  observer: Pick<Observer, 'info' | 'warn' | 'error'>
  nowMs?: () => number
}): Evaluator {
  const { table, deployed, observer, nowMs = Date.now } = options
  const refused = new Set<number>()
  let inForce: { version: number; engine: Evaluator } | undefined
  let nextLookAtMs = Number.NEGATIVE_INFINITY

  async function refresh(): Promise<Evaluator> {
    if (inForce && nowMs() < nextLookAtMs) return inForce.engine
    try {
      inForce = await newestValid()
      nextLookAtMs = nowMs() + RULE_SET_KEPT_SECONDS * 1_000
    } catch (error) {
      if (!inForce) throw error
      nextLookAtMs = nowMs() + RETRY_SECONDS * 1_000
      observer.warn('rules_unavailable', { version: inForce.version })
    }
    return inForce.engine
  }

  async function newestValid() {
    let record = await table.newest()
    while (record && record.version !== inForce?.version) {
      const rules = readRules(record)
      if (rules) return changedTo(record.version, rules)
      record = await table.newest(record.version)
    }
    const version = record?.version ?? 0
    return inForce?.version === version ? inForce : changedTo(version, deployed)
  }

  function readRules({ version, rules_json: stored }: StoredRules): readonly Rule[] | undefined {
    if (refused.has(version)) return undefined
    try {
      const text = ruleSetRecordSchema.shape.rules_json.parse(stored)
      return text === null ? deployed : parseRules(JSON.parse(text))
    } catch (error) {
      refused.add(version)
      observer.error('rules_refused', { version, problem: error instanceof Error ? error.message : String(error) })
      return undefined
    }
  }

  function changedTo(version: number, rules: readonly Rule[]) {
    if (inForce || version > 0) observer.info('rules_in_force', { version, rules: rules.length })
    return { version, engine: createRuleEngine(rules) }
  }

  return {
    async evaluate(deed) {
      const engine = await refresh()
      return engine.evaluate(deed)
    },
  }
}
