import { topicFilterOf } from './topic-names.ts'
import { functionOf, type HandlerName, TOPIC_KEYS, type TopicKey, topicDefinition } from './topics.ts'
import { TRACEPARENT } from './trace-context.ts'

/** Without it CloudFormation deploys the 2015 dialect, which has no `encode`. */
export const SQL_VERSION = '2016-03-23'
/** What `clientid()` gives for a message that no MQTT client sent. */
export const NO_CLIENT_ID = 'n/a'

/** One topic rule: which topic, in SQL, invokes which function. */
export interface RuleDefinition {
  key: TopicKey
  /** Fits `[a-zA-Z0-9_]+`, as IoT Core demands of a rule name. */
  name: string
  topicFilter: string
  sql: string
  handledBy: HandlerName
}

/**
 * The fields of the event a handler is given. The payload travels as base64 with the broker's own facts beside it, so
 * malformed input reaches a handler that can answer it and the sender is never taken from the payload.
 */
const EVENT_FIELDS = {
  payload: "encode(*, 'base64')",
  topic: 'topic()',
  client_id: 'clientid()',
  principal: 'principal()',
  received_at_ms: 'timestamp()',
  broker_trace_id: 'traceid()',
  traceparent: `get(get_user_properties('${TRACEPARENT}'), 0)`,
  response_topic: "get_mqtt_property('response_topic')",
  correlation_data: "get_mqtt_property('correlation_data')",
} as const

/** One rule for every topic that a function handles. `prefix` keeps the rules of several deployments in one account apart. */
export function ruleDefinitions(root: string, prefix: string): RuleDefinition[] {
  return TOPIC_KEYS.flatMap((key) => {
    const handledBy = functionOf(key)
    return handledBy ? [{ key, name: ruleName(prefix, key), ...statement(root, key), handledBy }] : []
  })
}

/** A name that fits `[a-zA-Z0-9_]+`, from words with other signs between them. */
export function ruleName(prefix: string, key: string): string {
  return `${prefix}_${key}`.replace(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '')
}

function statement(root: string, key: TopicKey): { topicFilter: string; sql: string } {
  const topicFilter = topicFilterOf(root, key)
  // without this, what the cloud publishes on an event topic would come back to the cloud
  const where = topicDefinition(key).direction === 'shared' ? ` WHERE clientid() <> '${NO_CLIENT_ID}'` : ''
  return { topicFilter, sql: `${ruleSql(topicFilter)}${where}` }
}

/** The statement whose event every function of a rule is given. */
export function ruleSql(topicFilter: string): string {
  const fields = Object.entries(EVENT_FIELDS).map(([name, expression]) => `${expression} AS ${name}`)
  return `SELECT ${fields.join(', ')} FROM '${topicFilter}'`
}
