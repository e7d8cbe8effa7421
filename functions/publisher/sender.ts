import {
  GatewayTimeoutException,
  type IoTDataPlaneClient,
  PublishCommand,
  ResourceNotFoundException,
  SendDirectMessageCommand,
} from '@aws-sdk/client-iot-data-plane'
import { type OutboundMessage, TRACEPARENT, traceparentOf } from '#contract/index.ts'
import { currentTraceId } from '../shared/trace.ts'
import type { Sender } from './deliver.ts'

/** The service's lowest: devices that confirm when they are done would hold the publisher, and their answer tells more. */
const CONFIRMATION_SECONDS = 1

/**
 * A direct message and a publish after it end within the ten seconds of the publisher. A direct message is not tried again: the answer 504
 * is one that the SDK would repeat, and the device would get the message twice.
 */
export const SEND_LIMITS = {
  publish: { maxAttempts: 2, requestTimeoutMs: 2_000 },
  direct: { maxAttempts: 1, requestTimeoutMs: CONFIRMATION_SECONDS * 1_000 + 2_000 },
} as const

/**
 * The data plane of IoT Core as the way out. https://docs.aws.amazon.com/iot/latest/developerguide/direct-messaging.html
 */
export function createSender(clients: { publishing: IoTDataPlaneClient; direct: IoTDataPlaneClient }): Sender {
  return {
    async publish(message, expirySeconds) {
      const { topic, qos } = message
      const expiry = expirySeconds === undefined ? {} : { messageExpiry: expirySeconds }
      await clients.publishing.send(new PublishCommand({ topic, qos, ...contentOf(message), ...expiry }))
    },

    async sendDirect(clientId, message) {
      const command = new SendDirectMessageCommand({
        clientId,
        topic: message.topic,
        confirmation: true,
        timeout: CONFIRMATION_SECONDS,
        ...contentOf(message),
      })
      try {
        await clients.direct.send(command)
        return 'confirmed'
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return 'offline'
        if (error instanceof GatewayTimeoutException) return 'unconfirmed'
        throw error
      }
    },
  }
}

function contentOf({ envelope, form, correlation_data, response_topic }: OutboundMessage) {
  const traceId = currentTraceId()
  const userProperties = [
    // without envelope the state of the reply has no other place
    ...(form === 'bare' ? [{ status: envelope.metadata.status }] : []),
    ...(traceId === undefined ? [] : [{ [TRACEPARENT]: traceparentOf(traceId, envelope.message_id) }]),
  ]
  return {
    payload: JSON.stringify(form === undefined ? envelope : envelope.payload),
    ...(userProperties.length > 0 && { userProperties: JSON.stringify(userProperties) }),
    contentType: 'application/json',
    payloadFormatIndicator: 'UTF8_DATA' as const,
    ...(correlation_data !== undefined && { correlationData: correlation_data }),
    ...(response_topic !== undefined && { responseTopic: response_topic }),
  }
}
