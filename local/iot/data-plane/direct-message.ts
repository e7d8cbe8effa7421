import type { ApiRequest } from '../../aws-api/index.ts'
import type { DirectOutcome } from '../../broker/index.ts'
import { dataPlaneError, fromBroker, invalid } from './errors.ts'
import { messageProperties } from './message-properties.ts'
import { json, type Operation } from './operation.ts'
import { checkClientId, flag, wholeNumber } from './parameters.ts'

const TIMEOUT_SECONDS = { min: 1, max: 15, fallback: 5 }

/**
 * The status of what was not delivered is documented for the missing confirmation alone; the others are the errors that the page lists.
 */
const FAILURES = {
  notConnected: ['ResourceNotFoundException', 'the client is not connected'],
  forbidden: ['ForbiddenException', 'the client has no iot:Receive for the topic'],
  tooLarge: ['RequestEntityTooLargeException', 'the client takes no packet of this size'],
  busy: ['ThrottlingException', 'the client has not acknowledged what it was sent before'],
  timeout: ['GatewayTimeoutException', 'the client did not acknowledge in time'],
} as const satisfies Record<Exclude<DirectOutcome, 'sent' | 'acknowledged'>, readonly [string, string]>

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_SendDirectMessage.html */
export const sendDirectMessage: Operation = {
  method: 'POST',
  path: /^\/connections\/([^/]+)\/messages$/,
  // https://docs.aws.amazon.com/iot/latest/developerguide/direct-messaging-policy-examples.html
  actions: (request, clientId, arnPrefix) => [
    {
      action: 'iot:SendDirectMessage',
      resource: `${arnPrefix}:client/${clientId}`,
      context: { 'iot:Topic': topicOf(request) },
    },
  ],
  async run(request, clientId, { broker }) {
    checkClientId(clientId)
    const message = {
      topic: topicOf(request),
      payload: request.body,
      properties: messageProperties(request),
      principalId: request.caller.arn,
    }
    const seconds = flag(request, 'confirmation') ? wholeNumber(request, 'timeout', TIMEOUT_SECONDS) : undefined
    const confirmWithinMs = seconds === undefined ? undefined : seconds * 1_000
    const outcome = await broker.sendDirect(clientId, message, confirmWithinMs).catch((error: unknown) => {
      throw fromBroker(error)
    })
    if (outcome !== 'sent' && outcome !== 'acknowledged') {
      const [code, reason] = FAILURES[outcome]
      throw dataPlaneError(code, reason)
    }
    return json(200, { message: 'OK', traceId: request.requestId })
  },
}

function topicOf({ query }: Pick<ApiRequest, 'query'>): string {
  const topic = query.get('topic')
  if (topic) return topic
  throw invalid('expected a topic')
}
