import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { REVIEW_PATH, traceIdOf } from '#contract/index.ts'
import { connect, jamey } from '#device/index.ts'
import type { Hop } from '#local/index.ts'
import {
  type Bridge,
  type Device,
  functionResource,
  patchedAssembly,
  standBefore,
  startBridge,
  stepsOf,
  traceWith,
} from './harness/index.ts'

const EVALUATE = 'jamey/conscience/evaluate'
const API = 'jamey/api/requests'
const CLIENT = 'jamey-instance-1'
const OWN_TOPIC = `jamey/responses/${CLIENT}`
const payload = { action: 'Delete user data', context: 'User requested account deletion' }

/** Stands before the api bundle, and fails or hangs as its payload says. */
const FAILING_BUNDLE = `
const { handler: real } = await import('./real.mjs')
export const handler = async (event, context) => {
  const text = Buffer.from(event.payload, 'base64').toString()
  if (text.includes('/throw')) throw new Error('deliberate')
  if (text.includes('/hang')) await new Promise((resolve) => setTimeout(resolve, 60_000))
  return real(event, context)
}
`

let opened: AsyncDisposableStack
let bridge: Bridge
let device: Device
beforeAll(async () => {
  opened = new AsyncDisposableStack()
  const assembly = opened.use(
    await patchedAssembly(
      (template) => {
        functionResource(template, 'api').Properties.Timeout = 1
      },
      { api: (folder) => standBefore(folder, FAILING_BUNDLE) },
    ),
  )
  bridge = opened.use(await startBridge({ assemblyFolder: assembly.folder }))
  device = opened.use(await bridge.connect())
})
afterAll(() => opened?.disposeAsync())

/** A trace of its own for each request, as a user property; and the same as a device of MQTT 3.1.1 says it. */
function newTrace() {
  const traceId = randomUUID().replaceAll('-', '')
  return { traceId, traceparent: `00-${traceId}-${'1'.repeat(16)}-01` }
}

/** The whole way of a request, once the device has acknowledged its answer and no function is at it any more. */
async function answered(traceId: string) {
  const isLast = (hop: Hop) => hop.traceId === traceId && hop.kind === 'acknowledge' && hop.facts?.by === 'client'
  await traceWith(bridge.runtime, 'PUBACK of the answer', isLast)
  await bridge.runtime.idle()
  return traceWith(bridge.runtime, 'the same', isLast)
}

const SENT = (topic: string) => [
  `publish ${CLIENT} ok`,
  `rule ${topic} ok`,
  `action ${topic.split('_')[0]} ok`,
  `acknowledge ${CLIENT} ok`,
]
const PUBLISHED = ['call iot:Publish ok', 'publish cloud ok', `deliver ${CLIENT} ok`, `acknowledge ${CLIENT} ok`]

test('a connection tells who let it in, by what, and what it may hear', async () => {
  const trace = await traceWith(
    bridge.runtime,
    'CONNECT',
    ({ kind, subject }) => kind === 'connect' && subject === CLIENT,
  )
  const steps = stepsOf(trace)
  expect(steps).toEqual(
    expect.arrayContaining([
      `connect ${CLIENT} ok`,
      'invoke authorizer ok',
      'call secretsmanager:GetSecretValue ok',
      'log connection_accepted ok',
      `subscribe ${CLIENT} ok`,
    ]),
  )
  expect(trace.hops[0]).toMatchObject({
    kind: 'connect',
    reason: expect.stringMatching(/^allowed: iot:Connect .*statement/),
  })
})

test('a request shows every step to its answer, in order', async () => {
  const { traceId, traceparent } = newTrace()
  const reply = await device.request(EVALUATE, payload, { reply_to: OWN_TOPIC, traceparent })
  const trace = await answered(traceId)

  expect(trace).toMatchObject({ topic: EVALUATE, clientIds: [CLIENT], outcome: 'ok', dropped: 0 })
  const steps = stepsOf(trace)
  expect(steps).toEqual(
    expect.arrayContaining([
      ...SENT('conscience_evaluate'),
      'invoke conscience ok',
      'call dynamodb:UpdateItem ok',
      'destination publisher ok',
      'invoke publisher ok',
      ...PUBLISHED,
    ]),
  )
  const order = ['publish', 'rule', 'action', 'invoke', 'destination', 'deliver']
  const positions = order.map((kind) => trace.hops.findIndex((hop) => hop.kind === kind))
  expect(positions).toEqual(positions.toSorted((a, b) => a - b))
  expect(traceIdOf(reply.envelope.metadata.traceparent)).toBe(traceId)
  expect(JSON.stringify(trace)).not.toContain('account deletion')
})

test('a repeat shows that nothing ran again', async () => {
  const correlationId = randomUUID()
  await device.request(EVALUATE, payload, { correlation_id: correlationId, reply_to: OWN_TOPIC })
  const { traceId, traceparent } = newTrace()
  // as a user property: the answer that is sent again is of the trace before
  const envelope = { message_id: randomUUID(), timestamp: new Date().toISOString(), topic: EVALUATE, payload }
  const text = JSON.stringify({
    ...envelope,
    metadata: { client_id: CLIENT, correlation_id: correlationId, reply_to: OWN_TOPIC },
  })
  await device.publish(EVALUATE, text, { userProperties: { traceparent } })

  const steps = stepsOf(await answered(traceId))
  expect(steps).toEqual(expect.arrayContaining(['invoke conscience ok', 'invoke publisher ok', ...PUBLISHED]))
  expect(steps.filter((step) => step.startsWith('call dynamodb'))).toHaveLength(1)
})

test('what is refused names the statement, or that there is none', async () => {
  await expect(device.publish('jamey/conscience/results', '{}')).rejects.toMatchObject({ code: 0x87 })
  const publish = await traceWith(
    bridge.runtime,
    'refused PUBLISH',
    ({ kind, outcome }) => kind === 'publish' && outcome === 'refused',
  )
  expect(publish).toMatchObject({ outcome: 'refused', clientIds: [CLIENT] })
  expect(publish.hops.at(-1)).toMatchObject({
    topic: 'jamey/conscience/results',
    reason: expect.stringContaining('no statement matches'),
  })

  await expect(device.subscribe('other/#')).rejects.toMatchObject({ code: 0x87 })
  const subscribe = await traceWith(
    bridge.runtime,
    'refused SUBSCRIBE',
    ({ kind, outcome }) => kind === 'subscribe' && outcome === 'refused',
  )
  expect(subscribe.hops.at(-1)).toMatchObject({ topic: 'other/#', reason: expect.stringContaining('iot:Subscribe') })
})

test('a refused connection shows what the authorizer logged', async () => {
  await expect(bridge.connect({ clientId: 'lamp-7', password: 'no token' })).rejects.toMatchObject({ code: 0x87 })
  const refused = await traceWith(
    bridge.runtime,
    'refused CONNECT',
    ({ kind, subject }) => kind === 'connect' && subject === 'lamp-7',
  )
  expect(refused.outcome).toBe('refused')
  expect(stepsOf(refused)).toEqual(
    expect.arrayContaining(['connect lamp-7 refused', 'invoke authorizer ok', 'log connection_refused ok']),
  )
  expect(refused.hops.find(({ kind }) => kind === 'log')?.reason).toMatch(/^token_/)
  expect(JSON.stringify(refused)).not.toContain('no token')
})

test('what is malformed shows the refusal and the answer', async () => {
  const { traceId, traceparent } = newTrace()
  await device.publish(EVALUATE, 'no JSON', { userProperties: { traceparent } })
  const trace = await answered(traceId)
  expect(stepsOf(trace)).toEqual(
    expect.arrayContaining([
      ...SENT('conscience_evaluate'),
      'log request_refused ok',
      'invoke publisher ok',
      ...PUBLISHED,
    ]),
  )
  expect(trace.hops.find(({ subject }) => subject === 'request_refused')?.reason).toBe('malformed_json')
})

test.each([
  ['fails', '/throw', 'Error'],
  ['hangs', '/hang', 'Sandbox.Timedout'],
])('a function that %s shows it, its dead-letter queue, and the answer', async (_, path, reason) => {
  const { traceId, traceparent } = newTrace()
  await device.publish(API, JSON.stringify({ ...envelopeFor(path) }), { userProperties: { traceparent } })
  const trace = await answered(traceId)
  expect(stepsOf(trace)).toEqual(
    expect.arrayContaining([
      ...SENT('api_requests'),
      'invoke api failed',
      'destination dlq-api ok',
      'destination publisher ok',
      'log request_failed ok',
      ...PUBLISHED,
    ]),
  )
  expect(trace.outcome).toBe('failed')
  expect(trace.hops.find(({ kind, outcome }) => kind === 'invoke' && outcome === 'failed')?.reason).toBe(reason)
})

test('a workflow shows its steps, and the device that it asks', async () => {
  await using operator = await connect(jamey, {
    url: bridge.runtime.mqttUrl,
    ca: readFileSync(bridge.runtime.caFile, 'utf8'),
    clientId: 'operator-1',
    token: () => bridge.token('operator-1'),
  })
  await operator.respond('devices/{clientId}/requests', ({ path }) =>
    path === REVIEW_PATH ? { status: 200, headers: {}, body: { approved: false, note: null } } : { status: 404 },
  )
  const { traceId, traceparent } = newTrace()
  const weighty = { action: 'Delete all user data without consent', context: 'The disk is full' }
  await device.request('jamey/conscience/review', weighty, { traceparent })
  const trace = await answered(traceId)

  expect(trace.clientIds).toEqual(expect.arrayContaining([CLIENT, 'operator-1']))
  expect(stepsOf(trace)).toEqual(
    expect.arrayContaining([
      ...SENT('conscience_review').filter((step) => !step.startsWith('action')),
      'action starter ok',
      'invoke starter ok',
      'invoke review ok',
      'call lambda:CheckpointDurableExecution ok',
      'invoke requester ok',
      'call iot:SendDirectMessage ok',
      'deliver operator-1 ok',
      'publish operator-1 ok',
      'invoke answers ok',
      'call lambda:SendDurableExecutionCallbackSuccess ok',
      'invoke publisher ok',
      ...PUBLISHED,
    ]),
  )
})

function envelopeFor(path: string) {
  return {
    message_id: randomUUID(),
    timestamp: new Date().toISOString(),
    topic: API,
    payload: { method: 'GET', path },
    metadata: { client_id: CLIENT, correlation_id: randomUUID() },
  }
}
