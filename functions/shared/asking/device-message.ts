import {
  answerTopicKey,
  bridgeError,
  createEnvelope,
  type DeviceRecord,
  type DeviceRequest,
  describeIssue,
  fillTemplate,
  type Json,
  type OutboundMessage,
  topicDefinition,
  topicTemplate,
} from '#contract/index.ts'

/** By which topic a device is asked, and on which it answers. */
export interface RequestTopics {
  topic: string
  answerTopic: string
}

/** Throws device_request_invalid when the device has no value for a placeholder of the topic. */
export function requestTopics(root: string, request: DeviceRequest, device: DeviceRecord): RequestTopics {
  const answerKey = answerTopicKey(request.topic)
  if (!answerKey) throw bridgeError('device_request_invalid', { problem: `topic: ${request.topic} is not answered` })
  const values = { clientId: device.client_id, organizationId: device.organization_id, deviceId: device.device_id }
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined && request.topic.includes(`{${name}}`)) {
      throw bridgeError('device_request_invalid', { problem: `topic: the device is registered without ${name}` })
    }
  }
  const fill = (key: typeof answerKey) => fillTemplate(topicTemplate(root, key), key, values)
  return { topic: fill(request.topic), answerTopic: fill(answerKey) }
}

/**
 * The message that asks a device, in the form of its topic. A flat command gets the fields that the bridge knows. Throws invalid_payload
 * when the payload does not fit the topic.
 */
export function deviceMessage(
  request: DeviceRequest,
  { topic, answerTopic }: RequestTopics,
  facts: { device: DeviceRecord; correlationId: string; messageId: string; nowMs: number; traceId: string | undefined },
): OutboundMessage {
  const { device, correlationId, messageId, nowMs, traceId } = facts
  const { payload: schema, qos, wire } = topicDefinition(request.topic)
  const isPetal = wire === 'petal'
  const sent = isPetal ? petalCommand(request.payload, { device, correlationId, nowMs }) : request.payload
  const parsed = schema.safeParse(sent)
  if (!parsed.success) throw bridgeError('invalid_payload', { problem: describeIssue(parsed.error) })
  const metadata = { correlation_id: correlationId, reply_to: answerTopic }
  const payload = parsed.data as Json
  return {
    topic,
    qos,
    envelope: createEnvelope({ topic, payload, metadata }, { messageId, nowMs, traceId }),
    // for devices that know MQTT 5 and no envelope
    correlation_data: Buffer.from(correlationId).toString('base64'),
    response_topic: answerTopic,
    ...(isPetal && { form: 'petal' as const }),
  }
}

function petalCommand(
  payload: Json,
  { device, correlationId, nowMs }: { device: DeviceRecord; correlationId: string; nowMs: number },
): Json {
  const fields = typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? payload : {}
  return {
    payload: {},
    ...fields,
    messageId: correlationId,
    deviceId: device.device_id ?? device.client_id,
    timestamp: new Date(nowMs).toISOString(),
    waitResponse: true,
  }
}
