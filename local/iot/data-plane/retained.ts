import type { Message } from '../../broker/index.ts'
import { dataPlaneError } from './errors.ts'
import { json, type Operation } from './operation.ts'
import { page } from './parameters.ts'

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetRetainedMessage.html */
export const getRetainedMessage: Operation = {
  method: 'GET',
  path: /^\/retainedMessage\/(.+)$/s,
  actions: (_, topic, arnPrefix) => [{ action: 'iot:GetRetainedMessage', resource: `${arnPrefix}:topic/${topic}` }],
  run(_, topic, { broker }) {
    const message = broker.retainedMessage(topic)
    if (!message) throw dataPlaneError('ResourceNotFoundException', `no message is retained for ${topic}`)
    const { payload, qos, receivedAtMs } = message
    return json(200, {
      topic,
      payload: payload.toString('base64'),
      qos,
      lastModifiedTime: receivedAtMs,
      userProperties: userProperties(message),
    })
  },
}

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_ListRetainedMessages.html */
export const listRetainedMessages: Operation = {
  method: 'GET',
  path: /^\/retainedMessage$/,
  // the one resource that this action takes
  actions: () => [{ action: 'iot:ListRetainedMessages', resource: '*' }],
  run(request, _, { broker }) {
    const { items, nextToken } = page(request, broker.retainedMessages(), ({ topic }) => topic)
    const retainedTopics = items.map(({ topic, payload, qos, receivedAtMs }) => ({
      topic,
      payloadSize: payload.length,
      qos,
      lastModifiedTime: receivedAtMs,
    }))
    return json(200, { retainedTopics, nextToken })
  },
}

/** Base64 of a JSON list of objects with one property each; null when there are none. */
function userProperties({ properties }: Message): string | null {
  const pairs = (properties.userProperties ?? []).map(([name, value]) => ({ [name]: value }))
  return pairs.length === 0 ? null : Buffer.from(JSON.stringify(pairs)).toString('base64')
}
