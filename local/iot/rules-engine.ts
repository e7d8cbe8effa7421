import { matchesTopic, validateTopicFilter } from '#contract/topic-filter.ts'
import type { InboundMessage } from '../broker/index.ts'
import { type CompiledRule, compileRule, type JsonValue, type RuleMessage } from '../iot-sql/index.ts'
import type { RuntimeLog } from './log.ts'

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iot-topicrule.html */
export interface TopicRule {
  name: string
  arn: string
  sql: string
  sqlVersion: string
  isDisabled: boolean
  actions: RuleAction[]
  errorAction?: RuleAction
}

/** The actions that the runtime carries out. */
export type RuleAction =
  | { kind: 'lambda'; functionArn: string }
  | { kind: 'sqs'; queueUrl: string; roleArn: string; useBase64: boolean }

export interface RuleTargets {
  /** Resolves when the event is kept by the function's queue. */
  invokeFunction(functionArn: string, ruleArn: string, event: JsonValue): Promise<void>
  sendToQueue(queueUrl: string, roleArn: string, body: string): Promise<void>
}

export interface RulesEngine {
  /** Compiles the rule's SQL; throws SqlError with the rule's name and the position of what it cannot run. */
  define(rule: TopicRule): void
  remove(name: string): void
  /** Runs every rule whose filter matches. Resolves when each action's target has kept the message, or the error action's has. */
  handle(message: InboundMessage): Promise<void>
}

/** Topic rules: SQL over each message, then the actions; what an action could not do goes to the error action. */
export function createRulesEngine(options: { accountId: string; targets: RuleTargets; log: RuntimeLog }): RulesEngine {
  const { accountId, targets, log } = options
  const rules = new Map<string, { rule: TopicRule; compiled: CompiledRule }>()

  async function run(
    { rule, compiled }: { rule: TopicRule; compiled: CompiledRule },
    message: RuleMessage,
  ): Promise<void> {
    const result = compiled.evaluate(message)
    if (result.outcome === 'filtered') return
    if (result.outcome === 'error') {
      // as on AWS: SQL errors reach the log and no error action
      log({ level: 'error', event: 'rule_sql_error', rule: rule.name, topic: message.topic, code: result.code })
      return
    }
    const failures: ActionFailure[] = []
    for (const action of rule.actions) {
      await perform(action, rule, result.output).catch((error: unknown) => failures.push(failure(action, error)))
    }
    if (failures.length > 0) await report(rule, message, failures)
  }

  async function perform(action: RuleAction, rule: TopicRule, output: JsonValue): Promise<void> {
    if (action.kind === 'lambda') return targets.invokeFunction(action.functionArn, rule.arn, output)
    return targets.sendToQueue(action.queueUrl, action.roleArn, encodeBody(JSON.stringify(output), action.useBase64))
  }

  /** https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html */
  async function report(rule: TopicRule, message: RuleMessage, failures: ActionFailure[]): Promise<void> {
    for (const { failedAction, failedResource, errorMessage } of failures) {
      log({ level: 'error', event: 'rule_action_failed', rule: rule.name, failedAction, failedResource, errorMessage })
    }
    if (!rule.errorAction) throw new Error(`rule ${rule.name} has no error action`)
    await perform(rule.errorAction, rule, {
      ruleName: rule.name,
      topic: message.topic,
      cloudwatchTraceId: message.traceId ?? null,
      clientId: message.clientId,
      base64OriginalPayload: Buffer.from(message.payload).toString('base64'),
      failures: failures.map((one) => ({ ...one })),
    })
  }

  return {
    define(rule) {
      const compiled = compileRule({ sql: rule.sql, version: rule.sqlVersion, ruleName: rule.name })
      const problem = validateTopicFilter(compiled.topicFilter)
      if (problem) throw new TypeError(`rule ${rule.name}: FROM '${compiled.topicFilter}': ${problem}`)
      rules.set(rule.name, { rule, compiled })
    },
    remove: (name) => void rules.delete(name),
    async handle(inbound) {
      const matching = [...rules.values()].filter(
        ({ rule, compiled }) => !rule.isDisabled && matchesTopic(compiled.topicFilter, inbound.topic),
      )
      if (matching.length === 0) return
      const message = ruleMessage(inbound, accountId)
      await Promise.all(matching.map((one) => run(one, message)))
    },
  }
}

type ActionFailure = { failedAction: string; failedResource: string; errorMessage: string }

function failure(action: RuleAction, error: unknown): ActionFailure {
  const failedResource = action.kind === 'lambda' ? action.functionArn : action.queueUrl
  const failedAction = action.kind === 'lambda' ? 'LambdaAction' : 'SqsAction'
  return { failedAction, failedResource, errorMessage: error instanceof Error ? error.message : String(error) }
}

function encodeBody(text: string, useBase64: boolean): string {
  return useBase64 ? Buffer.from(text).toString('base64') : text
}

function ruleMessage(message: InboundMessage, accountId: string): RuleMessage {
  const { responseTopic, correlationData, contentType, payloadFormatIndicator, userProperties } = message.properties
  return {
    topic: message.topic,
    payload: message.payload,
    clientId: message.clientId,
    principal: message.principalId,
    timestampMs: message.receivedAtMs,
    traceId: message.traceId,
    accountId,
    mqtt5: {
      responseTopic,
      correlationData,
      contentType,
      payloadFormatIndicator,
      ...(userProperties !== undefined && {
        userProperties: Object.entries(userProperties).flatMap(([name, value]) =>
          [value].flat().map((one): [string, string] => [name, one]),
        ),
      }),
    },
  }
}
