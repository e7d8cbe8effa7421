import type { InboundMessage } from '../../broker/index.ts'
import type { RuleMessage, RuleOutput } from '../../iot-sql/index.ts'
import { type Count, stepsOf } from '../../meter/index.ts'
import type { Clock } from '../../state/index.ts'
import type { RuntimeLog } from '../log.ts'
import { withRetries } from './action-retries.ts'
import type { ReadyRule } from './compile-topic-rule.ts'
import { type ActionFailure, errorReport } from './error-report.ts'
import type { ActionRun, PreparedAction } from './prepared-action.ts'
import type { RuleCounter } from './rule-counts.ts'
import type { RuleObserver } from './rule-observer.ts'

export interface ActionRunner {
  /**
   * Runs the actions of a rule on what its statement made of a message. Resolves when each target has kept it or refused it, and the error
   * action's has, or when a busy target is to be asked again later: that goes on without the sender. Never rejects: a failure is logged,
   * counted and handed to the error action; what that one cannot take is lost, as on AWS.
   */
  run(ready: ReadyRule, message: RuleMessage, made: { output: RuleOutput; inbound: InboundMessage }): Promise<void>
  /** Resolves once nothing is underway any more. */
  settled(): Promise<void>
}

export function createActionRunner(given: {
  counter: RuleCounter
  clock: Clock
  log: RuntimeLog
  count: Count
  observer?: RuleObserver | undefined
}): ActionRunner {
  const { counter, clock, log, count, observer } = given
  const underway = new Set<Promise<void>>()

  /** Resolves to why it failed, if it did. */
  async function perform(
    action: PreparedAction,
    rule: string,
    run: ActionRun & { inbound: InboundMessage },
    onPostponed: () => void,
  ): Promise<ActionFailure | undefined> {
    const tell = watch(action, rule, run.inbound)
    try {
      await withRetries(
        () => action.perform(run),
        clock,
        (delayMs, error) => {
          const reason = textOf(error)
          log({ level: 'warn', event: 'rule_action_retried', rule, action: action.type, delayMs, reason })
          onPostponed()
        },
      )
      counter.addAction(rule, 'Success', action.type)
      tell()
      return undefined
    } catch (error) {
      counter.addAction(rule, 'Failure', action.type)
      tell(error)
      return failureOf(action, error)
    }
  }

  function watch({ type, resource }: PreparedAction, rule: string, inbound: InboundMessage) {
    const startedAt = performance.now()
    return (error?: unknown) => {
      const durationMs = performance.now() - startedAt
      const reason = error === undefined ? {} : { reason: textOf(error) }
      observer?.acted(inbound, { rule, action: type, resource, durationMs, ...reason })
    }
  }

  async function report(
    ready: ReadyRule,
    message: RuleMessage,
    inbound: InboundMessage,
    failures: ActionFailure[],
  ): Promise<void> {
    const { errorAction, rule } = ready
    for (const failure of failures) log({ level: 'error', event: 'rule_action_failed', rule: rule.name, ...failure })
    if (errorAction === undefined || failures.length === 0) return
    count('iot.ruleActions', rule.name, stepsOf('iot', message.payload.length))
    const tell = watch(errorAction, rule.name, inbound)
    try {
      const output = errorReport(rule.name, message, failures)
      await errorAction.perform({ output, evaluate: ready.evaluator(message) })
      counter.add(rule.name, 'ErrorActionSuccess')
      tell()
    } catch (error) {
      counter.add(rule.name, 'ErrorActionFailure')
      tell(error)
      const failure = failureOf(errorAction, error)
      log({ level: 'error', event: 'rule_error_action_failed', rule: rule.name, ...failure })
    }
  }

  return {
    async run(ready, message, { output, inbound }) {
      const run = { output, inbound, evaluate: ready.evaluator(message) }
      let isPostponed = false
      const attempts = ready.actions.map((action) => {
        const postponed = Promise.withResolvers<void>()
        const outcome = perform(action, ready.rule.name, run, () => {
          isPostponed = true
          postponed.resolve()
        })
        return { outcome, first: Promise.race([outcome, postponed.promise]) }
      })
      const finished = Promise.all(attempts.map(({ outcome }) => outcome)).then((outcomes) =>
        report(
          ready,
          message,
          inbound,
          outcomes.filter((outcome) => outcome !== undefined),
        ),
      )
      underway.add(finished)
      void finished.finally(() => underway.delete(finished))
      await Promise.all(attempts.map(({ first }) => first))
      if (!isPostponed) await finished
    },
    async settled() {
      while (underway.size > 0) await Promise.all(underway)
    },
  }
}

function failureOf({ type, resource }: PreparedAction, error: unknown): ActionFailure {
  return { failedAction: `${type}Action`, failedResource: resource, errorMessage: textOf(error) }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
