import { validateTopicFilter } from '#contract/topic-filter.ts'
import { type CompiledRule, compileRule, type ExternalFunctions, type RuleMessage } from '../../iot-sql/index.ts'
import { prepareAction } from './actions/index.ts'
import type { ActionKit, ActionRun, PreparedAction } from './prepared-action.ts'
import type { RuleTargets } from './rule-targets.ts'
import type { TopicRule } from './topic-rule.ts'

/** https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
export const MAX_ACTIONS = 10

/** A rule whose statement, templates and actions are checked. */
export interface ReadyRule {
  readonly rule: TopicRule
  readonly statement: CompiledRule
  readonly actions: readonly PreparedAction[]
  readonly errorAction: PreparedAction | undefined
  /** Evaluates templates of the actions for one message. */
  evaluator(message: RuleMessage): ActionRun['evaluate']
}

/** Throws SqlError with the position, or TypeError, both with the rule's name. */
export function compileTopicRule(rule: TopicRule, targets: RuleTargets, external: ExternalFunctions): ReadyRule {
  const { name, arn } = rule
  const statement = compileRule({ sql: rule.sql, version: rule.sqlVersion, ruleName: name })
  const { topicFilter } = statement
  const problem = topicFilter === undefined ? undefined : validateTopicFilter(topicFilter)
  if (problem) throw new TypeError(`rule ${name}: FROM '${topicFilter}': ${problem}`)
  if (rule.actions.length > MAX_ACTIONS) {
    throw new TypeError(`rule ${name}: expected at most ${MAX_ACTIONS} actions, got ${rule.actions.length}`)
  }
  const templates = new Map<string, ReturnType<CompiledRule['compileTemplate']>>()
  const kit: ActionKit = {
    rule: { name, arn },
    targets,
    template(text) {
      // most texts hold none, and a literal needs no message
      if (!text.includes('${')) return () => Promise.resolve(text)
      templates.set(text, statement.compileTemplate(text))
      return (run) => run.evaluate(text)
    },
  }
  return {
    rule,
    statement,
    actions: rule.actions.map((action) => prepareAction(action, kit)),
    errorAction: rule.errorAction && prepareAction(rule.errorAction, kit),
    evaluator: (message) => async (text) => {
      const template = templates.get(text)
      if (template === undefined) return text
      const outcome = template.asksOutside ? await template.evaluateWith(external, message) : template.evaluate(message)
      if (outcome.outcome === 'text') return outcome.text
      throw new Error(`the substitution template ${text} has no value: ${outcome.code}`)
    },
  }
}
