import type { RepublishHeaders, RuleAction } from '../iot/index.ts'
import type { JsonObject, JsonValue } from '../template/index.ts'
import { ResourceError } from './errors.ts'
import { isObject, requireText } from './properties.ts'

type ReadAction = (properties: JsonObject, of: string) => RuleAction

/** The actions that the local runtime carries out, by their name in a template. */
const ACTIONS: Readonly<Record<string, ReadAction>> = {
  DynamoDBv2: ({ PutItem, RoleArn }, of) => ({
    kind: 'dynamoDBv2',
    tableName: requireText(of, 'TableName', isObject(PutItem) ? PutItem.TableName : undefined),
    roleArn: requireText(of, 'RoleArn', RoleArn),
  }),
  Lambda: ({ FunctionArn }, of) => ({ kind: 'lambda', functionArn: requireText(of, 'FunctionArn', FunctionArn) }),
  Republish: ({ Topic, Qos, RoleArn, Headers }, of) => ({
    kind: 'republish',
    topic: requireText(of, 'Topic', Topic),
    qos: qosOf(Qos, of),
    roleArn: requireText(of, 'RoleArn', RoleArn),
    ...(isObject(Headers) && { headers: headersOf(Headers, of) }),
  }),
  Sqs: ({ QueueUrl, RoleArn, UseBase64 }, of) => ({
    kind: 'sqs',
    queueUrl: requireText(of, 'QueueUrl', QueueUrl),
    roleArn: requireText(of, 'RoleArn', RoleArn),
    useBase64: UseBase64 === true || UseBase64 === 'true',
  }),
  StepFunctions: ({ StateMachineName, ExecutionNamePrefix, RoleArn }, of) => ({
    kind: 'stepFunctions',
    stateMachineName: requireText(of, 'StateMachineName', StateMachineName),
    ...(typeof ExecutionNamePrefix === 'string' && { executionNamePrefix: ExecutionNamePrefix }),
    roleArn: requireText(of, 'RoleArn', RoleArn),
  }),
}

export const TOPIC_RULE_ACTIONS: readonly string[] = Object.keys(ACTIONS)

/** Reads one action of a rule: an object with one member, the action's name. Throws TypeError with the rule's name. */
export function readTopicRuleAction(action: JsonValue, rule: string): RuleAction {
  const of = `rule ${rule}`
  const [entry, ...others] = isObject(action) ? Object.entries(action) : []
  const [name = typeof action, properties] = entry ?? []
  const read = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
  if (read !== undefined && isObject(properties) && others.length === 0) return read(properties, of)
  const found = isObject(action) ? Object.keys(action).join(', ') : name
  throw new ResourceError(
    'unsupported_here',
    `${of}: the local runtime has the actions ${TOPIC_RULE_ACTIONS.join(', ')}, got ${found}`,
  )
}

function qosOf(value: JsonValue | undefined, of: string): 0 | 1 {
  const qos = Number(value ?? 0)
  if (qos === 0 || qos === 1) return qos
  throw new TypeError(`${of}: expected Qos 0 or 1, got ${JSON.stringify(value)}`)
}

function headersOf(headers: JsonObject, of: string): RepublishHeaders {
  const text = (name: string, key: keyof RepublishHeaders) => {
    const value = headers[name]
    return value === undefined ? {} : { [key]: requireText(of, name, value) }
  }
  const pairs = Array.isArray(headers.UserProperties) ? headers.UserProperties.filter(isObject) : []
  return {
    ...text('PayloadFormatIndicator', 'payloadFormatIndicator'),
    ...text('ContentType', 'contentType'),
    ...text('ResponseTopic', 'responseTopic'),
    ...text('CorrelationData', 'correlationData'),
    ...text('MessageExpiry', 'messageExpiry'),
    ...(pairs.length > 0 && {
      userProperties: pairs.map(({ Key, Value }) => ({
        key: requireText(of, 'Key', Key),
        value: requireText(of, 'Value', Value),
      })),
    }),
  }
}
