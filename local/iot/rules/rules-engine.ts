import { AsyncLocalStorage } from 'node:async_hooks'
import { matchesTopic } from '#contract/topic-filter.ts'
import type { InboundMessage } from '../../broker/index.ts'
import type { ExternalFunctions, RuleMessage } from '../../iot-sql/index.ts'
import { type Count, stepsOf, uncounted } from '../../meter/index.ts'
import { type Clock, createSystemClock, putOwned } from '../../state/index.ts'
import type { RuntimeLog } from '../log.ts'
import { compileTopicRule, type ReadyRule } from './compile-topic-rule.ts'
import { createRuleCounter, type RuleCounts } from './rule-counts.ts'
import { ruleMessage } from './rule-message.ts'
import type { RuleObserver } from './rule-observer.ts'
import type { RuleTargets } from './rule-targets.ts'
import { createActionRunner } from './run-actions.ts'
import type { TopicRule } from './topic-rule.ts'

/** A message that rules republish from one to the next goes no further than this: on AWS such a loop costs money, here it would never end. */
export const MAX_REPUBLISH_HOPS = 16

export interface RulesEngine {
  /** Checks and compiles the rule, which takes the place of one of its name; returns how to take it away. Throws SqlError with its name and the position, or TypeError. */
  define(rule: TopicRule): () => void
  /**
   * Runs every rule whose filter matches; a message by Basic Ingest runs the rule it names, whatever that one's filter.
   * Resolves when the targets of the actions have kept the message; never rejects: who published does not learn what becomes of an action.
   * https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html
   */
  handle(message: InboundMessage): Promise<void>
  /** Resolves once no action is underway any more, those included that wait for a busy target. */
  settled(): Promise<void>
  /** The rules that are defined, in the order of their names. */
  rules(): Pick<TopicRule, 'name' | 'sql' | 'isDisabled'>[]
  /** By rule. */
  counts(): Readonly<Record<string, Readonly<RuleCounts>>>
}

type One = { ready: ReadyRule; external: ExternalFunctions }

const NO_EXTERNAL_FUNCTIONS: ExternalFunctions = {
  call: ({ function: name }) => Promise.reject(new Error(`the local runtime does not answer ${name}`)),
}

/** Topic rules: SQL over each message, then the actions; what an action could not do goes to the error action. */
export function createRulesEngine(options: {
  accountId: string
  targets: RuleTargets
  log: RuntimeLog
  /** Who answers `get_dynamodb` and the like, in the name of the rule. Default: nobody. */
  external?: ((rule: { name: string; arn: string }) => ExternalFunctions) | undefined
  clock?: Clock | undefined
  count?: Count
  /** Default: nobody. */
  observer?: RuleObserver | undefined
}): RulesEngine {
  const { accountId, targets, log, observer, clock = createSystemClock(), count = uncounted } = options
  const rules = new Map<string, { ready: ReadyRule; external: ExternalFunctions }>()
  const counter = createRuleCounter()
  const actions = createActionRunner({ counter, clock, log, count, observer })
  const hops = new AsyncLocalStorage<number>()

  async function run({ ready, external }: One, message: RuleMessage, inbound: InboundMessage) {
    const { rule, statement } = ready
    const startedAt = performance.now()
    const tell = (
      outcome: 'ok' | 'filtered' | 'failed',
      more: { reason?: string; fields?: readonly string[] } = {},
    ) => {
      const durationMs = performance.now() - startedAt
      observer?.evaluated(inbound, { rule: rule.name, outcome, durationMs, ...more })
    }
    counter.add(rule.name, 'TopicMatch')
    const steps = stepsOf('iot', message.payload.length)
    count('iot.rulesTriggered', rule.name, steps)
    const result = statement.asksOutside ? await statement.evaluateWith(external, message) : statement.evaluate(message)
    // https://aws.amazon.com/iot-core/pricing/: at least one action for each rule that is triggered
    if (result.outcome !== 'fire') count('iot.ruleActions', rule.name, steps)
    if (result.outcome === 'filtered') return tell('filtered')
    if (result.outcome === 'error') {
      tell('failed', { reason: result.code })
      // as on AWS: SQL errors reach the log and no error action
      if (result.code === 'PARSE_ERROR') counter.add(rule.name, 'ParseError')
      log({ level: 'error', event: 'rule_sql_error', rule: rule.name, topic: message.topic, code: result.code })
      return
    }
    counter.add(rule.name, 'RulesExecuted')
    count('iot.ruleActions', rule.name, steps * Math.max(1, ready.actions.length))
    if (observer) tell('ok', fieldsOf(result.output))
    await actions.run(ready, message, { output: result, inbound })
  }

  /** What a statement asks of other services is an action too. */
  function counted(rule: string, external: ExternalFunctions): ExternalFunctions {
    return {
      call(request) {
        count('iot.ruleActions', rule)
        return external.call(request)
      },
    }
  }

  /** A fault of the engine ends one rule for one message. */
  async function runSafely(one: One, message: RuleMessage, inbound: InboundMessage) {
    try {
      await run(one, message, inbound)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log({ level: 'error', event: 'rule_failed', rule: one.ready.rule.name, topic: message.topic, reason })
    }
  }

  function matching({ topic, basicIngestRule }: InboundMessage) {
    const active = [...rules.values()].filter(({ ready }) => !ready.rule.isDisabled)
    if (basicIngestRule === undefined) {
      return active.filter(({ ready: { statement } }) => {
        return statement.topicFilter !== undefined && matchesTopic(statement.topicFilter, topic)
      })
    }
    const named = active.filter(({ ready }) => ready.rule.name === basicIngestRule)
    if (named.length === 0) {
      counter.add(basicIngestRule, 'RuleNotFound')
      log({ level: 'error', event: 'rule_not_found', rule: basicIngestRule, topic })
    }
    return named
  }

  return {
    define(rule) {
      const external = counted(rule.name, options.external?.(rule) ?? NO_EXTERNAL_FUNCTIONS)
      const ready = compileTopicRule(rule, targets, external)
      for (const warning of ready.statement.warnings) {
        log({ level: 'warn', event: 'rule_sql_warning', rule: rule.name, ...warning })
      }
      return putOwned(rules, rule.name, { ready, external })
    },
    async handle(inbound) {
      const found = matching(inbound)
      if (found.length === 0) return
      const hop = hops.getStore() ?? 0
      if (hop >= MAX_REPUBLISH_HOPS) {
        log({ level: 'error', event: 'rule_republish_loop', topic: inbound.topic, hops: hop })
        return
      }
      const message = ruleMessage(inbound, accountId)
      await hops.run(hop + 1, () => Promise.all(found.map((one) => runSafely(one, message, inbound))))
    },
    settled: actions.settled,
    rules: () => [...rules.values()].map(({ ready }) => ready.rule).sort((a, b) => (a.name < b.name ? -1 : 1)),
    counts: () => counter.counts(),
  }
}

function fieldsOf(output: unknown): { fields?: readonly string[] } {
  return output !== null && typeof output === 'object' && !Array.isArray(output) ? { fields: Object.keys(output) } : {}
}
