import type { Mqtt5Properties } from '../message.ts'
import { makeDouble, toInteger } from '../values/numbers.ts'
import type { SqlJson, SqlValue } from '../values/values.ts'
import { setMember } from '../values/values.ts'
import { define, type SqlFunction } from './sql-function.ts'

/** Facts about the message and the rule. https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-functions.html */
export const MESSAGE_FUNCTIONS: readonly SqlFunction[] = [
  define('topic', [0, 1], (args, { message }) => {
    if (args.length === 0) return message.topic
    const level = toInteger(args[0])
    return level === undefined ? undefined : message.topic.split('/')[level - 1]
  }),
  define('clientid', 0, (_args, { message }) => message.clientId),
  define('principal', 0, (_args, { message }) => message.principal),
  define('sourceip', 0, (_args, { message }) => message.sourceIp, { since: '2016-03-23' }),
  define('timestamp', 0, (_args, { message }) => message.timestampMs),
  define('traceid', 0, (_args, { message }) => message.traceId),
  define('accountid', 0, (_args, { message }) => message.accountId),
  define('sql_version', 0, (_args, { settings }) => settings.version),
  define('newuuid', 0, (_args, context) => context.newUuid()),
  define('rand', 0, (_args, context) => makeDouble(context.random())),
  define('get_mqtt_property', 1, ([name], { message }) => propertyOf(message.mqtt5 ?? {}, name)),
  define('get_user_properties', [0, 1], (args, { message }) => {
    const pairs = message.mqtt5?.userProperties ?? []
    const found =
      args.length === 0
        ? pairs.map(([key, value]) => pairOf(key, value))
        : pairs.filter(([key]) => key === args[0]).map(([, value]) => value)
    return found.length === 0 ? undefined : found
  }),
]

function pairOf(key: string, value: string): SqlJson {
  const pair: { [key: string]: SqlJson } = {}
  setMember(pair, key, value)
  return pair
}

function propertyOf(properties: Mqtt5Properties, name: SqlValue): SqlValue {
  if (name === 'content_type') return properties.contentType
  if (name === 'format_indicator') return properties.payloadFormatIndicator ? 'UTF8_DATA' : 'UNSPECIFIED_BYTES'
  if (name === 'response_topic') return properties.responseTopic
  if (name !== 'correlation_data' || properties.correlationData === undefined) return undefined
  return Buffer.from(properties.correlationData).toString('base64')
}
