import { randomUUID } from 'node:crypto'
import { InvokeCommand } from '@aws-sdk/client-lambda'
import { afterAll, describe, expect, test } from 'vitest'
import { createEnvelope, TOPIC_KEYS, topicDefinition, topicTemplate } from '#contract/index.ts'
import { createDynamoDbStore } from '#correlation/index.ts'
import { signToken } from '../fixtures/tokens.ts'
import {
  announcerEvents,
  answersEvents,
  assemblyWith,
  type Bridge,
  functionResource,
  httpEvents,
  NAMES,
  patchedAssembly,
  ROOT,
  readTemplate,
  requesterEvents,
  startBridge,
  type Template,
} from './harness/index.ts'

/** One action on one resource that a function's role may do, and the template without it. */
interface Grant {
  functionName: string
  action: string
  /** What a denial must name: the last words of the ARN. */
  resource: string
  withdraw(template: Template): void
}

const FUNCTION_NAMES = [
  'announcer',
  'answers',
  'api',
  'authorizer',
  'conscience',
  'events',
  'http',
  'memory',
  'presence',
  'publisher',
  'reconciler',
  'registrar',
  'requester',
  'review',
  'starter',
  'tokens',
] as const
const CLIENT_ID = 'jamey-instance-1'
/** At the end of a logical id; a long physical name is made without it. */
const CDK_HASH_CHARACTERS = 8
/** Nobody listens at the discard port; the api function asks who the sender is before it finds out. */
const PARAMETERS = { ApiUpstreamUrl: 'http://127.0.0.1:9' }

/** With the bus for others, so that every function is there. */
const assembly = await assemblyWith({ events: 'true' })
afterAll(() => assembly[Symbol.dispose]())
const grants = grantsOf(readTemplate(assembly.folder))

test('every function has grants', () => {
  expect([...new Set(grants.map(({ functionName }) => functionName))].sort()).toEqual([...FUNCTION_NAMES])
})

test('with all its grants every function does its work', async () => {
  await using bridge = await startBridge({ assemblyFolder: assembly.folder, parameters: PARAMETERS })
  for (const name of FUNCTION_NAMES) await exercise(bridge, name)
  await bridge.runtime.idle()

  expect(denials(bridge)).toEqual([])
})

describe.concurrent('without one of its grants', () => {
  test.each(grants)('$functionName is denied $action on $resource', async ({ functionName, ...grant }) => {
    using patched = await patchedAssembly(grant.withdraw, {}, assembly.folder)
    const found = await startBridge({ assemblyFolder: patched.folder, parameters: PARAMETERS }).then(
      async (started) => {
        await using bridge = started
        await exercise(bridge, functionName)
        return denials(bridge)
      },
      (error: unknown) => [String(error)],
    )

    expect(found.length).toBeGreaterThan(0)
    expect(found.join('\n')).toMatch(/AccessDenied|UnauthorizedException|access_denied|not authorized to perform/)
    expect(found.join('\n')).toContain(grant.action)
    expect(found.join('\n')).toContain(grant.resource)
  })
})

function denials({ log }: Bridge): string[] {
  return log.runtime.all.filter(({ event }) => event === 'access_denied').map((entry) => JSON.stringify(entry))
}

/** Has a function do all that it can do. What the start does needs no more. */
async function exercise(bridge: Bridge, functionName: string): Promise<void> {
  if (functionName === 'review') return exerciseReview(bridge)
  if (functionName === 'reconciler') await claimWorkflowRequest(bridge, 'reconciler')
  for (const event of await eventsFor(bridge, functionName)) {
    const call = { FunctionName: `mqtt-cloud-bridge-dev-${functionName}`, Payload: JSON.stringify(event) }
    await bridge.lambda.send(new InvokeCommand(call))
  }
}

/** One execution that answers, and one that asks a device and then waits. */
async function exerciseReview(bridge: Bridge): Promise<void> {
  const payloads = {
    answers: { action: 'help', context: '' },
    asks: { action: 'delete data without consent', context: '' },
  }
  for (const [name, payload] of Object.entries(payloads)) {
    const request = await claimWorkflowRequest(bridge, name)
    const input = { request, payload: { ...payload, user_id: null } }
    await bridge.lambda.send(
      new InvokeCommand({
        FunctionName: 'mqtt-cloud-bridge-dev-review:live',
        InvocationType: 'Event',
        DurableExecutionName: request.execution,
        Payload: JSON.stringify(input),
      }),
    )
  }
  await bridge.runtime.idle()
}

/** A request whose starter has just died, so that an execution of this name may answer it. */
async function claimWorkflowRequest(bridge: Bridge, execution: string) {
  const store = createDynamoDbStore({ client: bridge.dynamoDb, tableName: NAMES.correlationTable, keptSeconds: 60 })
  await store.claim({ key: execution, requestHash: 'hash', owner: 'test', leaseMs: 60_000 })
  return deferredRequest(execution)
}

function deferredRequest(execution: string) {
  return {
    ...{ execution, request_key: execution, request_hash: 'hash', generation: 0, topic_key: 'conscience/review' },
    ...{ client_id: CLIENT_ID, message_id: randomUUID(), correlation_id: null, received_at_ms: Date.now() },
    reply_topic: `${ROOT}/responses/${CLIENT_ID}`,
  }
}

async function eventsFor(bridge: Bridge, functionName: string): Promise<unknown[]> {
  switch (functionName) {
    case 'announcer':
      return announcerEvents()
    case 'answers':
      return answersEvents(bridge)
    case 'http':
      return httpEvents(bridge)
    case 'requester':
      return requesterEvents(bridge)
    case 'api':
      return [ruleEvent('api/requests', { method: 'GET', path: '/rules' })]
    case 'authorizer':
      return [connectEvent(bridge.token(CLIENT_ID)), connectEvent(deviceToken())]
    case 'conscience':
      return [ruleEvent('conscience/evaluate', { action: 'a', context: 'c' })]
    case 'events':
      return [ruleEvent('events/status', { status: 'online', message: 'm', component: 'c' })]
    case 'memory':
      return [
        ruleEvent('memory/store', { layer: 'semantic', content: 'c', tags: [] }),
        ruleEvent('memory/query', { query: 'c' }),
      ]
    case 'starter':
      return [ruleEvent('conscience/review', { action: 'a', context: 'c' })]
    case 'reconciler':
      return [executionFailed(), { request: deferredRequest('reconciler'), result: ANY_REVIEW }]
    case 'presence':
      return [lifecycleEvent('connected'), lifecycleEvent('disconnected')]
    case 'tokens':
      return [tokenEvent('POST /tokens'), tokenEvent('POST /device-tokens')]
    case 'publisher':
      return [...publishCommands(), failureRecord()]
    default:
      return []
  }
}

function ruleEvent(topic: string, payload: unknown) {
  const envelope = createEnvelope(
    { topic: `${ROOT}/${topic}`, payload, metadata: { client_id: CLIENT_ID, correlation_id: randomUUID() } },
    { messageId: randomUUID(), nowMs: Date.now() },
  )
  return {
    payload: Buffer.from(JSON.stringify(envelope)).toString('base64'),
    topic: `${ROOT}/${topic}`,
    client_id: CLIENT_ID,
    received_at_ms: Date.now(),
    broker_trace_id: randomUUID(),
  }
}

/** As the rules on connections hand it over; a disconnection that follows a connection is looked at again later. */
function lifecycleEvent(eventType: 'connected' | 'disconnected') {
  const event = { clientId: CLIENT_ID, timestamp: Date.now(), eventType, versionNumber: 1 }
  return {
    payload: Buffer.from(JSON.stringify(event)).toString('base64'),
    topic: `$aws/events/presence/${eventType}/${CLIENT_ID}`,
    client_id: 'n/a',
    received_at_ms: Date.now(),
  }
}

function connectEvent(token: string) {
  return {
    protocols: ['tls', 'mqtt'],
    protocolData: {
      tls: { serverName: 'localhost' },
      mqtt: { clientId: CLIENT_ID, password: Buffer.from(token).toString('base64') },
    },
  }
}

/** As if signed by a device; with another key, which takes the master secret to find out. */
function deviceToken(): string {
  const iat = Math.floor(Date.now() / 1_000)
  const claims = { sub: CLIENT_ID, iat, exp: iat + 60, permissions: ['${root}/#'] }
  return signToken({ alg: 'HS256', typ: 'JWT', kid: 'device-1' }, claims)
}

/** As API Gateway asks for a token; the client key is none, which takes the master secret to find out. */
function tokenEvent(routeKey: string) {
  return {
    routeKey,
    headers: { 'content-type': 'application/json', authorization: 'Bearer client-1.x' },
    body: JSON.stringify({ client_id: CLIENT_ID }),
    requestContext: {
      requestId: randomUUID(),
      authorizer: { iam: { userArn: 'arn:aws:iam::000000000000:user/test' } },
    },
  }
}

const ANY_REVIEW = {
  ...{ action: 'a', moral_score: 0, explanation: 'e', applied_rules: [], approved: true },
  decision: 'evaluated',
}

/** Of an execution that nobody knows, which takes a look to find out. */
function executionFailed() {
  const version = 'arn:aws:lambda:us-east-1:000000000000:function:mqtt-cloud-bridge-dev-review:1'
  return {
    source: 'aws.lambda',
    'detail-type': 'Durable Execution Status Change',
    detail: { durableExecutionArn: `${version}/durable-execution/name/id`, status: 'FAILED' },
  }
}

/** Valid together for every topic that the cloud may publish to: each schema takes its own fields. */
const ANY_PAYLOAD = {
  ...{ id: randomUUID(), layer: 'semantic', created_at: new Date().toISOString() },
  ...{ action: 'a', moral_score: 0, explanation: 'e', applied_rules: [], approved: true },
  ...{ method: 'GET', path: '/', status: 200 },
  ...{ messageId: 'm', deviceId: CLIENT_ID, command: 'c', timestamp: '', waitResponse: false, payload: {} },
}

/** One message to every topic that the cloud may publish to. */
function publishCommands() {
  return TOPIC_KEYS.filter((key) => topicDefinition(key).direction === 'toDevice').map((key) => {
    const topic = topicTemplate(ROOT, key).replace(/\{\w+\}/g, CLIENT_ID)
    const payload = topicDefinition(key).payload.parse(ANY_PAYLOAD)
    const envelope = createEnvelope({ topic, payload }, { messageId: randomUUID(), nowMs: Date.now() })
    return { publish: [{ topic, qos: 1, envelope }] }
  })
}

function failureRecord() {
  const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:mqtt-cloud-bridge-dev-memory:$LATEST'
  return {
    requestContext: { requestId: randomUUID(), functionArn, condition: 'RetriesExhausted' },
    requestPayload: ruleEvent('memory/query', { query: 'c' }),
    responsePayload: { errorType: 'Error', errorMessage: 'x' },
  }
}

/** Every pair of action and resource of every statement of the functions' roles. */
function grantsOf(template: Template): Grant[] {
  const roleOf = new Map(
    FUNCTION_NAMES.map((name) => [functionResource(template, name).Properties.Role['Fn::GetAtt'][0] as string, name]),
  )
  return Object.entries(template.Resources).flatMap(([policyId, { Type, Properties }]) => {
    const functionName = Type === 'AWS::IAM::Policy' ? roleOf.get(Properties.Roles[0].Ref) : undefined
    if (functionName === undefined) return []
    const statements = Properties.PolicyDocument.Statement as Statement[]
    return statements.flatMap((statement, index) => pairsOf(template, { policyId, functionName, statement, index }))
  })
}

interface Statement {
  Action: string | string[]
  Resource: unknown
  [key: string]: unknown
}

function pairsOf(
  template: Template,
  place: { policyId: string; functionName: string; statement: Statement; index: number },
): Grant[] {
  const { policyId, functionName, statement, index } = place
  const actions = [statement.Action].flat()
  const resources = [statement.Resource].flat()
  return actions.flatMap((action) =>
    resources.map((resource) => ({
      functionName,
      action,
      resource: lastWordsOf(template, resource),
      withdraw(changed: Template) {
        // all other pairs stay granted
        const left = [
          { ...statement, Action: actions.filter((one) => one !== action) },
          { ...statement, Action: action, Resource: resources.filter((one) => one !== resource) },
        ].filter(({ Action, Resource }) => Action.length > 0 && [Resource].flat().length > 0)
        changed.Resources[policyId]?.Properties.PolicyDocument.Statement.splice(index, 1, ...left)
      },
    })),
  )
}

/** The end of an ARN as a denial shows it: a literal end, else the resource's own name, else what its name is made of. */
function lastWordsOf(template: Template, arn: unknown): string {
  const reference = arn as { Ref?: string; 'Fn::GetAtt'?: [string, string]; 'Fn::Join'?: [string, unknown[]] }
  const last = reference['Fn::Join']?.[1].at(-1)
  // the resource in a denial has a device's id where the grant has a wildcard
  if (typeof last === 'string') {
    return last
      .replace(/^.*?(?=topic\/|thing\/|index\/)/, '')
      .replace(/:\*$/, '')
      .replaceAll('*', CLIENT_ID)
  }
  const logicalId = reference.Ref ?? reference['Fn::GetAtt']?.[0] ?? ''
  const { TableName, FunctionName, Name, QueueName, DomainConfigurationName } =
    template.Resources[logicalId]?.Properties ?? {}
  return (
    TableName ??
    FunctionName ??
    Name ??
    QueueName ??
    DomainConfigurationName ??
    logicalId.slice(0, -CDK_HASH_CHARACTERS)
  )
}
