import { randomUUID } from 'node:crypto'
import { bridgeError, type Completion, createEnvelope } from '#contract/index.ts'
import {
  answerOutcome,
  createDynamoDbDeviceRequests,
  deviceRequestId,
  deviceRequestKey,
  failureOutcome,
  requestHash,
} from '#correlation/index.ts'
import { newCallbackId } from '../../../local/durable/tokens.ts'
import { type Bridge, NAMES } from './bridge.ts'
import { ROOT } from './device.ts'

const CLIENT_ID = 'jamey-instance-1'
const REQUESTS = `${ROOT}/devices/${CLIENT_ID}/requests`
const RESPONSES = `${ROOT}/devices/${CLIENT_ID}/responses`
const QUESTION = { method: 'GET', path: '/state' }
const ANSWER = { status: 200, headers: {}, body: null }
const ERROR = { code: 'no_light', message: 'm', component: 'c', severity: 'error' }

/** Both kinds, of executions that nobody knows: the callback is of a function whose name has the client id where a grant has a wildcard. */
function completions(): Completion[] {
  const functionArn = `arn:aws:lambda:us-east-1:000000000000:function:${NAMES.stackName}-${CLIENT_ID}`
  return [
    { kind: 'durable', callback_id: newCallbackId(`${functionArn}:1/durable-execution/name/id`, 'operation') },
    { kind: 'step_functions', task_token: randomUUID() },
  ]
}

function storeOf(bridge: Bridge) {
  return createDynamoDbDeviceRequests({
    client: bridge.dynamoDb,
    tableName: NAMES.correlationTable,
    keptSeconds: 60,
  })
}

/** A request that the device has not answered yet; returns its correlation id. */
async function openRequest(bridge: Bridge, completion?: Completion): Promise<string> {
  const correlationId = randomUUID()
  await storeOf(bridge).open({
    ...{ key: deviceRequestKey({ clientId: CLIENT_ID, correlationId }), clientId: CLIENT_ID, correlationId },
    ...{ topic: 'devices/{clientId}/requests', answerTopic: RESPONSES, askedBy: 'test' },
    requestHash: requestHash(REQUESTS, QUESTION),
    ...{ waitMs: 30_000, longestWaitMs: 60_000, ...(completion && { completion }) },
  })
  return correlationId
}

/** What the function that asks devices for workflows is called with: a device that is away, and requests whose outcomes are there. */
export async function requesterEvents(bridge: Bridge): Promise<unknown[]> {
  const events: unknown[] = [{ client_id: CLIENT_ID, payload: QUESTION }]
  for (const completion of completions()) {
    for (const state of ['completed', 'failed'] as const) {
      const correlationId = await openRequest(bridge, completion)
      await storeOf(bridge).settle(deviceRequestKey({ clientId: CLIENT_ID, correlationId }), {
        ...{ state, answerId: randomUUID(), answerTopic: RESPONSES, atMs: Date.now() },
        outcome: state === 'completed' ? answerOutcome(ANSWER) : failureOutcome(bridgeError('device_failed', ERROR)),
      })
      events.push({ client_id: CLIENT_ID, payload: QUESTION, correlation_id: correlationId, completion })
    }
  }
  return events
}

/** What the topic rules call the function with that takes answers: for each kind of completion an answer, an error and progress. */
export async function answersEvents(bridge: Bridge): Promise<unknown[]> {
  const events: unknown[] = []
  for (const completion of completions()) {
    for (const [payload, status] of [
      [ANSWER, 'ok'],
      [ERROR, 'error'],
      [{ status: 102 }, 'ok'],
    ] as const) {
      const correlation_id = await openRequest(bridge, completion)
      const metadata = { client_id: CLIENT_ID, correlation_id, status }
      const envelope = createEnvelope(
        { topic: RESPONSES, payload, metadata },
        { messageId: randomUUID(), nowMs: Date.now() },
      )
      events.push({
        payload: Buffer.from(JSON.stringify(envelope)).toString('base64'),
        ...{ topic: RESPONSES, client_id: CLIENT_ID, received_at_ms: Date.now(), broker_trace_id: randomUUID() },
      })
    }
  }
  return events
}

/** As API Gateway asks: for a device that is away, and for what becomes of a request. */
export async function httpEvents(bridge: Bridge): Promise<unknown[]> {
  const correlationId = await openRequest(bridge)
  const authorizer = { iam: { userArn: 'arn:aws:iam::000000000000:user/test' } }
  const common = { headers: {}, requestContext: { requestId: randomUUID(), timeEpoch: Date.now(), authorizer } }
  const requestId = deviceRequestId(deviceRequestKey({ clientId: CLIENT_ID, correlationId }))
  return [
    {
      ...{ ...common, routeKey: 'POST /devices/{clientId}/requests', body: JSON.stringify(QUESTION) },
      pathParameters: { clientId: CLIENT_ID },
    },
    { ...common, routeKey: 'GET /requests/{requestId}', pathParameters: { requestId } },
  ]
}

/** An event that is put back by hand. */
export function announcerEvents(): unknown[] {
  const detail = { event_id: randomUUID(), at: new Date().toISOString(), client_id: CLIENT_ID, session_id: null }
  return [{ events: [{ type: 'Device Connected', detail }] }]
}
