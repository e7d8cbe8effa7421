import { describe, expect, test } from 'vitest'
import {
  deploymentNames,
  functionOf,
  ruleDefinitions,
  ruleEventSchema,
  SQL_VERSION,
  TOPIC_KEYS,
  topicDefinition,
} from '#contract/index.ts'
import { compileRule, type RuleMessage } from '#local/iot-sql/index.ts'

const RULES = ruleDefinitions('jamey', deploymentNames('dev').rulePrefix)
const sqlOf = (key: string) => RULES.find((rule) => rule.key === key)?.sql
const compiled = (key: string) => compileRule({ sql: sqlOf(key) ?? '', version: SQL_VERSION, ruleName: key })

const message = (changes: Partial<RuleMessage> = {}): RuleMessage => ({
  topic: 'jamey/conscience/evaluate',
  payload: Buffer.from('{"a":1}'),
  clientId: 'jamey-instance-1',
  principal: 'abc123',
  timestampMs: 1_795_262_400_000,
  traceId: '0f0e',
  ...changes,
})

describe('ruleDefinitions', () => {
  test('gives every handled topic one rule with a legal name of its own', () => {
    expect(RULES.map((rule) => rule.key)).toEqual(TOPIC_KEYS.filter((key) => functionOf(key)))
    for (const { name } of RULES) expect(name).toMatch(/^[a-zA-Z0-9_]{1,128}$/)
    expect(new Set(RULES.map((rule) => rule.name)).size).toBe(RULES.length)
    expect(RULES[0]?.name).toBe('mqtt_cloud_bridge_dev_conscience_evaluate')
  })

  test('never listens to a topic that the cloud publishes to', () => {
    expect(RULES.filter((rule) => topicDefinition(rule.key).direction === 'toDevice')).toEqual([])
  })

  test('leaves out what the cloud sends on shared topics, and only there', () => {
    for (const { key, sql } of RULES) {
      expect([key, sql.includes(" WHERE clientid() <> 'n/a'")]).toEqual([
        key,
        topicDefinition(key).direction === 'shared',
      ])
    }
  })

  test('passes the raw payload with the facts of the broker', () => {
    expect(sqlOf('conscience/evaluate')).toMatchInlineSnapshot(
      `"SELECT encode(*, 'base64') AS payload, topic() AS topic, clientid() AS client_id, principal() AS principal, timestamp() AS received_at_ms, traceid() AS broker_trace_id, get(get_user_properties('traceparent'), 0) AS traceparent, get_mqtt_property('response_topic') AS response_topic, get_mqtt_property('correlation_data') AS correlation_data FROM 'jamey/conscience/evaluate'"`,
    )
    expect(sqlOf('events/heartbeat')).toMatchInlineSnapshot(
      `"SELECT encode(*, 'base64') AS payload, topic() AS topic, clientid() AS client_id, principal() AS principal, timestamp() AS received_at_ms, traceid() AS broker_trace_id, get(get_user_properties('traceparent'), 0) AS traceparent, get_mqtt_property('response_topic') AS response_topic, get_mqtt_property('correlation_data') AS correlation_data FROM 'jamey/events/heartbeat' WHERE clientid() <> 'n/a'"`,
    )
  })

  test('takes another root into topic filter and SQL', () => {
    const [rule] = ruleDefinitions('plant/7', 'x')
    expect(rule).toMatchObject({ name: 'x_conscience_evaluate', topicFilter: 'plant/7/conscience/evaluate' })
    expect(rule?.sql).toContain("FROM 'plant/7/conscience/evaluate'")
  })
})

describe('the SQL of every rule', () => {
  test.each(RULES.map((rule) => [rule.key, rule] as const))('%s compiles and names its topic', (_, rule) => {
    expect(compileRule({ sql: rule.sql, version: SQL_VERSION, ruleName: rule.name }).topicFilter).toBe(rule.topicFilter)
  })

  test.each([
    ['JSON', Buffer.from('{"a":1}')],
    ['bytes that are no text', Buffer.from([0, 255, 254, 10])],
    ['nothing', Buffer.alloc(0)],
  ])('makes an event that the functions take from a payload of %s', (_, payload) => {
    const outcome = compiled('conscience/evaluate').evaluate(message({ payload }))

    expect(outcome.outcome).toBe('fire')
    const event = ruleEventSchema.parse(outcome.outcome === 'fire' ? outcome.output : undefined)
    expect(event).toEqual({
      payload: payload.toString('base64'),
      topic: 'jamey/conscience/evaluate',
      client_id: 'jamey-instance-1',
      principal: 'abc123',
      received_at_ms: 1_795_262_400_000,
      broker_trace_id: '0f0e',
    })
  })

  test('passes on response topic and correlation data of MQTT 5', () => {
    const mqtt5 = { responseTopic: 'jamey/responses/jamey-instance-1', correlationData: Buffer.from('abc') }
    const outcome = compiled('memory/query').evaluate(message({ topic: 'jamey/memory/query', mqtt5 }))

    expect(outcome).toMatchObject({ outcome: 'fire', output: { response_topic: mqtt5.responseTopic } })
    expect(ruleEventSchema.safeParse(outcome.outcome === 'fire' ? outcome.output : undefined).success).toBe(true)
  })

  test('fires for a device on an event topic and not for the cloud', () => {
    const status = compiled('events/status')
    expect(status.evaluate(message({ topic: 'jamey/events/status' })).outcome).toBe('fire')
    expect(status.evaluate(message({ topic: 'jamey/events/status', clientId: 'n/a' })).outcome).toBe('filtered')
  })

  test('fires for a request sent over HTTPS, so that the refusal is counted', () => {
    const outcome = compiled('memory/store').evaluate(
      message({ clientId: 'n/a', principal: undefined, traceId: undefined }),
    )
    expect(ruleEventSchema.parse(outcome.outcome === 'fire' ? outcome.output : undefined).client_id).toBe('n/a')
  })
})
