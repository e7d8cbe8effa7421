import type { InboundMessage } from '../../broker/index.ts'
import type { RuleMessage } from '../../iot-sql/index.ts'

/** A message as the statement of a rule sees it. */
export function ruleMessage(message: InboundMessage, accountId: string): RuleMessage {
  const { responseTopic, correlationData, contentType, payloadFormatIndicator, userProperties } = message.properties
  return {
    topic: message.topic,
    payload: message.payload,
    clientId: message.clientId,
    principal: message.principalId === '' ? undefined : message.principalId,
    timestampMs: message.receivedAtMs,
    traceId: message.origin === 'client' ? message.traceId : undefined,
    sourceIp: message.sourceAddress === '' ? undefined : message.sourceAddress,
    accountId,
    mqtt5: {
      responseTopic,
      correlationData,
      contentType,
      payloadFormatIndicator,
      userProperties,
    },
  }
}
