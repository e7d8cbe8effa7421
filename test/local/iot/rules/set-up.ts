import type { InboundMessage } from '#local/broker/index.ts'
import {
  type ActionRights,
  createRulesEngine,
  type RepublishedMessage,
  type RuleAction,
  type RuleTargets,
  type RuntimeLogEntry,
  type TopicRule,
} from '#local/iot/index.ts'
import type { ExternalFunctions } from '#local/iot-sql/index.ts'
import type { Count } from '#local/meter/index.ts'
import type { Clock } from '#local/state/index.ts'

export const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:echo'
export const RULE_ARN = 'arn:aws:iot:us-east-1:000000000000:rule/echo'
export const ROLE_ARN = 'arn:aws:iam::000000000000:role/rule'
export const RIGHTS: ActionRights = { roleArn: ROLE_ARN, ruleArn: RULE_ARN }
export const QUEUE = {
  kind: 'sqs',
  queueUrl: 'http://127.0.0.1/0/errors',
  roleArn: ROLE_ARN,
  useBase64: false,
} as const satisfies RuleAction

export const rule: TopicRule = {
  name: 'echo',
  arn: RULE_ARN,
  sql: "SELECT encode(*, 'base64') AS payload, topic() AS topic, clientid() AS client_id FROM 'a/+'",
  sqlVersion: '2016-03-23',
  isDisabled: false,
  actions: [{ kind: 'lambda', functionArn: FUNCTION_ARN }],
  errorAction: QUEUE,
}

/** A rule that passes the payload on to one action. */
export function passingOn(action: RuleAction, changes: Partial<TopicRule> = {}): TopicRule {
  return { ...rule, sql: "SELECT * FROM 'a/+'", actions: [action], ...changes }
}

export const message: InboundMessage = {
  topic: 'a/b',
  payload: Buffer.from('{"n":1}'),
  qos: 1,
  retain: false,
  properties: {},
  receivedAtMs: 1_790_000_000_000,
  clientId: 'lamp-1',
  principalId: 'abc123',
  traceId: 'trace-1',
  origin: 'client',
  sourceAddress: '127.0.0.1',
}

/** Fails as often as there are errors for its target, first one first. */
type Failures = { [Target in keyof RuleTargets]?: Error[] }

/** An engine whose targets keep what they get, or fail. */
export function createEngine(
  options: { fails?: Failures; clock?: Clock; workflows?: boolean; external?: ExternalFunctions; count?: Count } = {},
) {
  const { fails = {}, clock, external } = options
  const invocations: { functionArn: string; ruleArn: string; event: unknown }[] = []
  const queued: { queueUrl: string; rights: ActionRights; body: string }[] = []
  const published: { message: RepublishedMessage; rights: ActionRights }[] = []
  const items: { tableName: string; rights: ActionRights; item: unknown }[] = []
  const executions: { stateMachineName: string; name: string; input: string }[] = []
  const log: RuntimeLogEntry[] = []
  const failOr = (target: keyof RuleTargets, keep: () => void): Promise<void> => {
    const error = fails[target]?.shift()
    if (error !== undefined) return Promise.reject(error)
    keep()
    return Promise.resolve()
  }
  const targets: RuleTargets = {
    invokeFunction: (functionArn, ruleArn, event) =>
      failOr('invokeFunction', () => invocations.push({ functionArn, ruleArn, event })),
    sendToQueue: (queueUrl, rights, body) => failOr('sendToQueue', () => queued.push({ queueUrl, rights, body })),
    publish: (one, rights) => failOr('publish', () => published.push({ message: one, rights })),
    putItem: (tableName, rights, item) => failOr('putItem', () => items.push({ tableName, rights, item })),
    ...(options.workflows && {
      startExecution: (execution) => failOr('startExecution', () => executions.push(execution)),
    }),
  }
  const engine = createRulesEngine({
    accountId: '000000000000',
    log: (entry) => log.push(entry),
    targets,
    clock,
    ...(external && { external: () => external }),
    ...(options.count && { count: options.count }),
  })
  return { engine, targets, invocations, queued, published, items, executions, log }
}

/** An error of a target that is only busy. */
export function busy(): Error {
  return Object.assign(new Error('slow down'), { code: 'ThrottlingException' })
}
