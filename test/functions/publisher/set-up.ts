import { createReply, type Json, type OutboundMessage, type RuleEvent } from '#contract/index.ts'
import { type CorrelationStore, createMemoryStore, requestHash, requestKey } from '#correlation/index.ts'
import { createPublisher } from '../../../functions/publisher/handler.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'
import { CLIENT_ID, CORRELATION_ID, MESSAGE_ID, NOW_MS, ruleEvent, sentEnvelope } from '../../fixtures/rule-event.ts'

export const PRIVATE = `jamey/responses/${CLIENT_ID}`
export const SECRET = 'the-secret-of-the-payload'
export const PAYLOAD = { action: SECRET, context: '', user_id: null }
export const EVENT = ruleEvent(sentEnvelope(PAYLOAD))
export const KEY = requestKey({ clientId: CLIENT_ID, correlationId: CORRELATION_ID, messageId: MESSAGE_ID })
export const HASH = requestHash(EVENT.topic, PAYLOAD)
const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:bridge-conscience:$LATEST'

export function setUp(
  options: {
    correlation?: CorrelationStore
    publish?: (message: OutboundMessage) => Promise<void>
    sendDirect?: (clientId: string, message: OutboundMessage) => Promise<'confirmed' | 'unconfirmed' | 'offline'>
  } = {},
) {
  const observer = createRecordingObserver()
  const published: OutboundMessage[] = []
  const direct: [clientId: string, message: OutboundMessage][] = []
  const expiries: (number | undefined)[] = []
  const correlation = options.correlation ?? createMemoryStore({ keptSeconds: 3_600, nowMs: () => NOW_MS })
  const publisher = createPublisher({
    root: 'jamey',
    correlation,
    observer,
    nowMs: () => NOW_MS,
    newId: () => MESSAGE_ID,
    async publish(message, expirySeconds) {
      await options.publish?.(message)
      published.push(message)
      expiries.push(expirySeconds)
    },
    async sendDirect(clientId, message) {
      direct.push([clientId, message])
      return (await options.sendDirect?.(clientId, message)) ?? 'confirmed'
    },
  })
  return { publisher, published, expiries, direct, observer, correlation }
}

/** A message as it arrives in a destination record: JSON, with its nulls. */
export function messageTo(topic: string, payload: Json = { text: SECRET }): OutboundMessage {
  const envelope = createReply(
    { clientId: CLIENT_ID, messageId: MESSAGE_ID, correlationId: CORRELATION_ID },
    { topic, payload, status: 'ok' },
    { messageId: MESSAGE_ID, nowMs: NOW_MS },
  )
  return { topic, qos: 1, envelope, correlation_data: 'AAEC' }
}

// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
export const record = (condition: string, responsePayload: unknown, requestPayload: unknown = EVENT) => ({
  version: '1.0',
  timestamp: '2026-11-21T12:00:00.000Z',
  requestContext: { requestId: 'first', functionArn: FUNCTION, condition, approximateInvokeCount: 1 },
  requestPayload,
  ...(responsePayload === undefined
    ? {}
    : { responseContext: { statusCode: 200, executedVersion: '$LATEST' }, responsePayload }),
})
export const success = (outcome: unknown) => record('Success', outcome)
export const failure = (errorType: string, errorMessage: string, requestPayload?: RuleEvent) =>
  record('RetriesExhausted', { errorType, errorMessage, trace: [SECRET] }, requestPayload)

export const TIMEOUT = failure('Sandbox.Timedout', 'RequestId: first Error: Task timed out after 10.00 seconds')
