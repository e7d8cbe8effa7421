import type { Mqtt5Properties } from '../message.ts'
import { type SqlValue, toInteger } from '../values.ts'
import type { SqlFunction } from './sql-function.ts'

/** Facts about the message and the rule. https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-functions.html */
export const MESSAGE_FUNCTIONS: readonly SqlFunction[] = [
  {
    name: 'topic',
    minArguments: 0,
    maxArguments: 1,
    call(args, { message }) {
      if (args.length === 0) return message.topic
      const level = toInteger(args[0])
      return level === undefined ? undefined : message.topic.split('/')[level - 1]
    },
  },
  { name: 'clientid', minArguments: 0, maxArguments: 0, call: (_args, { message }) => message.clientId },
  { name: 'principal', minArguments: 0, maxArguments: 0, call: (_args, { message }) => message.principal },
  { name: 'timestamp', minArguments: 0, maxArguments: 0, call: (_args, { message }) => message.timestampMs },
  { name: 'traceid', minArguments: 0, maxArguments: 0, call: (_args, { message }) => message.traceId },
  { name: 'accountid', minArguments: 0, maxArguments: 0, call: (_args, { message }) => message.accountId },
  {
    name: 'get_mqtt_property',
    minArguments: 1,
    maxArguments: 1,
    call: ([name], { message }) => propertyOf(message.mqtt5 ?? {}, name),
  },
  {
    name: 'get_user_properties',
    minArguments: 0,
    maxArguments: 1,
    call(args, { message }) {
      const pairs = message.mqtt5?.userProperties ?? []
      const found =
        args.length === 0
          ? pairs.map(([key, value]) => Object.fromEntries([[key, value]]))
          : pairs.filter(([key]) => key === args[0]).map(([, value]) => value)
      return found.length === 0 ? undefined : found
    },
  },
]

function propertyOf(properties: Mqtt5Properties, name: SqlValue): SqlValue {
  if (name === 'content_type') return properties.contentType
  if (name === 'format_indicator') return properties.payloadFormatIndicator ? 'UTF8_DATA' : 'UNSPECIFIED_BYTES'
  if (name === 'response_topic') return properties.responseTopic
  if (name !== 'correlation_data' || properties.correlationData === undefined) return undefined
  return Buffer.from(properties.correlationData).toString('base64')
}
