import type { BilledItem } from '#local/index.ts'
import type { PathName } from './paths.ts'

/** Units by item, and by what they are counted for. */
export type Units = Readonly<Partial<Record<BilledItem, Readonly<Record<string, number>>>>>

/** What each path takes, as measured on the local runtime. test/e2e/cost.test.ts holds it against a run. */
export const MEASURED: Readonly<Record<PathName, Units>> = {
  connect: {
    'iot.messages': { CONNECT: 1, SUBSCRIBE: 1 },
    'iot.connectionMinutes': { connections: 1 },
    'lambda.requests': { authorizer: 1 },
    'dynamodb.readUnits': { devices: 1 },
  },
  presence: {
    'iot.rulesTriggered': { presence_connected: 1, presence_disconnected: 1 },
    'iot.ruleActions': { presence_connected: 1, presence_disconnected: 1 },
    'lambda.requests': { presence: 3 },
    'dynamodb.writeUnits': { presence: 3 },
    'sqs.requests': { DeleteMessage: 1, ReceiveMessage: 1, SendMessage: 1 },
  },
  publish: {
    'iot.messages': { 'PUBLISH received': 1 },
    'iot.rulesTriggered': { events_status: 1 },
    'iot.ruleActions': { events_status: 1 },
    'lambda.requests': { events: 1, publisher: 1 },
    'dynamodb.writeUnits': { status: 1 },
  },
  heartbeat: {
    'iot.messages': { 'PUBLISH received': 1 },
    'iot.rulesTriggered': { events_heartbeat: 1 },
    'iot.ruleActions': { events_heartbeat: 1 },
    'lambda.requests': { events: 1, publisher: 1 },
    'dynamodb.writeUnits': { status: 1 },
  },
  conscience: {
    'iot.messages': { 'HTTP request': 1, 'HTTP response': 1, PUBACK: 1, 'PUBLISH received': 1, 'PUBLISH sent': 1 },
    'iot.rulesTriggered': { conscience_evaluate: 1 },
    'iot.ruleActions': { conscience_evaluate: 1 },
    'lambda.requests': { conscience: 1, publisher: 1 },
    'dynamodb.writeUnits': { correlations: 2 },
  },
  'memory store': {
    'iot.messages': { 'HTTP request': 2, 'HTTP response': 2, PUBACK: 1, 'PUBLISH received': 1, 'PUBLISH sent': 1 },
    'iot.rulesTriggered': { memory_store: 1 },
    'iot.ruleActions': { memory_store: 1 },
    'lambda.requests': { memory: 1, publisher: 1 },
    'dynamodb.writeUnits': { correlations: 3, memories: 2 },
  },
  'memory query': {
    'iot.messages': { 'HTTP request': 1, 'HTTP response': 1, PUBACK: 1, 'PUBLISH received': 1, 'PUBLISH sent': 1 },
    'iot.rulesTriggered': { memory_query: 1 },
    'iot.ruleActions': { memory_query: 1 },
    'lambda.requests': { memory: 1, publisher: 1 },
    'dynamodb.writeUnits': { correlations: 2 },
    'dynamodb.readUnits': { memories: 5 },
  },
  api: {
    'iot.messages': { 'HTTP request': 1, 'HTTP response': 1, PUBACK: 1, 'PUBLISH received': 1, 'PUBLISH sent': 1 },
    'iot.rulesTriggered': { api_requests: 1 },
    'iot.ruleActions': { api_requests: 1 },
    'lambda.requests': { api: 1, publisher: 1 },
    'dynamodb.writeUnits': { correlations: 2 },
  },
  refusal: {
    'iot.messages': { 'HTTP request': 1, 'HTTP response': 1, PUBACK: 1, 'PUBLISH received': 1, 'PUBLISH sent': 1 },
    'iot.rulesTriggered': { conscience_evaluate: 1 },
    'iot.ruleActions': { conscience_evaluate: 1 },
    'lambda.requests': { conscience: 1, publisher: 1 },
  },
  replay: {
    'iot.messages': { 'HTTP request': 1, 'HTTP response': 1, PUBACK: 1, 'PUBLISH received': 1, 'PUBLISH sent': 1 },
    'iot.rulesTriggered': { conscience_evaluate: 1 },
    'iot.ruleActions': { conscience_evaluate: 1 },
    'lambda.requests': { conscience: 1, publisher: 1 },
    'dynamodb.writeUnits': { correlations: 1 },
  },
  workflow: {
    'iot.messages': { 'HTTP request': 1, 'HTTP response': 1, PUBACK: 1, 'PUBLISH received': 1, 'PUBLISH sent': 1 },
    'iot.rulesTriggered': { conscience_review: 1 },
    'iot.ruleActions': { conscience_review: 1 },
    'lambda.requests': { publisher: 2, review: 1, starter: 1 },
    'dynamodb.writeUnits': { correlations: 4 },
    'durable.operations': { review: 3 },
    'durable.bytesWritten': { review: 1024 },
  },
  'workflow with device': {
    'iot.messages': { 'HTTP request': 2, 'HTTP response': 2, PUBACK: 2, 'PUBLISH received': 2, 'PUBLISH sent': 2 },
    'iot.rulesTriggered': { conscience_review: 1, devices_clientId_responses: 1 },
    'iot.ruleActions': { conscience_review: 1, devices_clientId_responses: 1 },
    'lambda.requests': { answers: 1, publisher: 4, requester: 1, review: 2, starter: 1 },
    'dynamodb.writeUnits': { correlations: 7 },
    'durable.operations': { review: 6 },
    'durable.bytesWritten': { review: 2048 },
  },
  'state machine with device': {
    'iot.messages': { 'HTTP request': 2, 'HTTP response': 2, PUBACK: 2, 'PUBLISH received': 2, 'PUBLISH sent': 2 },
    'iot.rulesTriggered': { conscience_review: 1, devices_clientId_responses: 1 },
    'iot.ruleActions': { conscience_review: 1, devices_clientId_responses: 1 },
    'lambda.requests': { answers: 1, publisher: 4, reconciler: 1, requester: 1, starter: 1 },
    'dynamodb.writeUnits': { correlations: 6 },
    'states.transitions': { review: 4 },
  },
  'http waiting': {
    'iot.messages': { 'HTTP request': 1, 'HTTP response': 1, PUBACK: 1, 'PUBLISH received': 1, 'PUBLISH sent': 1 },
    'iot.rulesTriggered': { devices_clientId_responses: 1 },
    'iot.ruleActions': { devices_clientId_responses: 1 },
    'lambda.requests': { answers: 1, http: 1, publisher: 2 },
    'dynamodb.writeUnits': { correlations: 2 },
    'dynamodb.readUnits': { correlations: 0.5 },
    'httpApi.requests': { 'POST /devices/{clientId}/requests': 1 },
  },
  'http accepted': {
    'iot.messages': { 'HTTP request': 1, 'HTTP response': 1, PUBACK: 1, 'PUBLISH received': 1, 'PUBLISH sent': 1 },
    'iot.rulesTriggered': { devices_clientId_responses: 1 },
    'iot.ruleActions': { devices_clientId_responses: 1 },
    'lambda.requests': { answers: 1, http: 2, publisher: 2 },
    'dynamodb.writeUnits': { correlations: 2 },
    'dynamodb.readUnits': { correlations: 1 },
    'httpApi.requests': { 'GET /requests/{requestId}': 1, 'POST /devices/{clientId}/requests': 1 },
  },
  events: {
    'lambda.requests': { announcer: 2 },
    'events.published': { events: 2 },
  },
}
