import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { HTTP_WAIT, privateReplyTopic, type ReviewDecision } from '#contract/index.ts'
import { MEASURED } from '../../cli/cost/measured.ts'
import type { PathName } from '../../cli/cost/paths.ts'
import {
  ASYNC,
  answerTo,
  assemblyWith,
  type Bridge,
  billedSince,
  connectAsked,
  type Device,
  envelopeOf,
  functionResource,
  partOf,
  patchedAssembly,
  questionTo,
  requestsApi,
  startBridge,
  startTestUpstream,
} from './harness/index.ts'

const ROOT = 'jamey'
const CLIENT = 'jamey-instance-1'
const ACTION = { action: 'Help a neighbour', context: '' }
const WEIGHTY = { action: 'Delete all user data without consent', context: 'The disk is full' }
const DECISION: ReviewDecision = { approved: true, reason: 'it is a test system' }
const MEMORY = { layer: 'semantic', content: 'The garden gate sticks', tags: [] }
const PATIENCE_MS = 10_000

/**
 * Holds what `work` uses up against what is written down of the path. It is done once before: an environment of a function that begins
 * reads what it keeps for a while. What devices acknowledge comes after the answer, so the counts are waited for.
 */
async function holds(bridge: Bridge, path: PathName, work: () => Promise<void>, part = (units: Units) => units) {
  await work()
  await bridge.runtime.idle()
  await settled(bridge)
  const used = billedSince(bridge.runtime)
  await work()
  await bridge.runtime.idle()
  await settled(bridge)
  expect(part(used()), path).toEqual(MEASURED[path])
}

type Units = ReturnType<ReturnType<typeof billedSince>>

/** Every message that a device was sent at QoS 1 is acknowledged: nothing comes any more for three looks. */
async function settled(bridge: Bridge): Promise<void> {
  let before = ''
  let same = 0
  await vi.waitFor(
    () => {
      const now = JSON.stringify(bridge.runtime.billed()['iot.messages'])
      same = now === before ? same + 1 : 0
      before = now
      expect(same).toBeGreaterThan(2)
    },
    { timeout: PATIENCE_MS },
  )
}

function connectOperator(bridge: Bridge): Promise<Device> {
  const subscribe = [`${ROOT}/devices/operator-1/requests`, `${ROOT}/responses/operator-1`]
  return bridge.connect({ clientId: 'operator-1', subscribe })
}

function heartbeat(): string {
  const metrics = { memory_usage: 1, cpu_usage: 1, active_connections: 1, uptime: 1 }
  const payload = { client_id: CLIENT, timestamp: new Date().toISOString(), metrics }
  return JSON.stringify(envelopeOf(`${ROOT}/events/heartbeat`, payload, { client_id: CLIENT }))
}

/** As if each event had come in a batch of its own. */
function withBatches(units: Units): Units {
  const { announcer = 0 } = units['lambda.requests'] ?? {}
  const { events = 0 } = units['events.published'] ?? {}
  expect(announcer).toBeGreaterThan(0)
  return { ...units, 'lambda.requests': { announcer: Math.max(announcer, events) } }
}

/** Of a waiting caller: what it reads need not be the newest. */
const LOOK_UNITS = 0.5

/** As if the answer had been there at the first look. */
function withOneLook(units: Units): Units {
  const { correlations: reads = 0, ...others } = units['dynamodb.readUnits'] ?? {}
  expect(reads).toBeLessThanOrEqual(HTTP_WAIT.reads * LOOK_UNITS)
  return { ...units, 'dynamodb.readUnits': { ...others, correlations: Math.min(reads, LOOK_UNITS) } }
}

async function answers(asked: Device, body: unknown): Promise<void> {
  await answerTo(asked, await questionTo(asked), { status: 200, headers: {}, body })
}

describe('what each path takes', () => {
  let opened: AsyncDisposableStack
  let bridge: Bridge
  let device: Device
  let operator: Device
  beforeAll(async () => {
    opened = new AsyncDisposableStack()
    const upstream = opened.use(await startTestUpstream())
    const assembly = opened.use(
      await patchedAssembly((template) => {
        functionResource(template, 'presence').Properties.Environment.Variables.PRESENCE_GRACE_SECONDS = '1'
      }),
    )
    bridge = opened.use(
      await startBridge({ assemblyFolder: assembly.folder, parameters: { ApiUpstreamUrl: upstream.url } }),
    )
    device = opened.use(await bridge.connect())
    operator = opened.use(await connectOperator(bridge))
    await device.request(`${ROOT}/memory/store`, MEMORY)
    await bridge.log.functions.take(
      'presence',
      ({ message, client_id }) => message === 'presence' && client_id === 'operator-1',
    )
  })
  afterAll(() => opened?.disposeAsync())

  test('connecting, and following who is connected', async () => {
    await bridge.register({ client_id: 'lamp-1' })
    const said = (event: string) =>
      bridge.log.functions.take(event, (entry) => {
        return entry.message === 'presence' && entry.event === event && entry.client_id === 'lamp-1'
      })
    const comeAndGo = async () => {
      const lamp = await bridge.connect({ clientId: 'lamp-1' })
      await said('connected')
      await lamp[Symbol.asyncDispose]()
      await said('gone')
    }
    const isPresence = (name: string, item: string) => name.includes('presence') || item === 'sqs.requests'
    await holds(bridge, 'connect', comeAndGo, (units) => partOf(units, (...of) => !isPresence(...of)))
    await holds(bridge, 'presence', comeAndGo, (units) => partOf(units, isPresence))
  })

  const REQUESTS: [PathName, () => Promise<unknown>][] = [
    ['publish', () => device.send(`${ROOT}/events/status`, { status: 'online', message: 'ready', component: 'pump' })],
    [
      'conscience',
      () => device.request(`${ROOT}/conscience/evaluate`, ACTION, { reply_to: privateReplyTopic(ROOT, CLIENT) }),
    ],
    ['heartbeat', () => device.client.publishAsync(`${ROOT}/events/heartbeat`, heartbeat(), { qos: 0 })],
    ['memory query', () => device.request(`${ROOT}/memory/query`, { query: 'garden gate' })],
    ['memory store', () => device.request(`${ROOT}/memory/store`, MEMORY)],
    ['api', () => device.request(`${ROOT}/api/requests`, { method: 'GET', path: '/public/health' })],
    ['refusal', () => device.request(`${ROOT}/conscience/evaluate`, { action: 7 })],
    ['workflow', () => device.request(`${ROOT}/conscience/review`, ACTION)],
    [
      'workflow with device',
      async () => {
        const answered = device.request(`${ROOT}/conscience/review`, WEIGHTY)
        await answers(operator, DECISION)
        await answered
      },
    ],
  ]
  test.each(REQUESTS)('%s', async (path, work) => {
    await holds(bridge, path, async () => void (await work()))
  })

  test('a request that comes again', async () => {
    const asked = { reply_to: privateReplyTopic(ROOT, CLIENT), correlation_id: randomUUID() }
    await device.request(`${ROOT}/conscience/evaluate`, ACTION, asked)
    await holds(bridge, 'replay', async () => void (await device.request(`${ROOT}/conscience/evaluate`, ACTION, asked)))
  })

  test('devices that are asked over HTTP', async () => {
    const api = requestsApi(bridge)
    await using lamp = await connectAsked(bridge, 'lamp-2')
    await holds(bridge, 'http accepted', async () => {
      const { location } = await api.ask('lamp-2', ASYNC)
      await answers(lamp, { on: true })
      await bridge.runtime.idle()
      expect(await api.look(location)).toMatchObject({ state: 'completed' })
    })
    // each further look is a read more, and at most HTTP_WAIT.reads
    await holds(
      bridge,
      'http waiting',
      async () => {
        const asked = api.ask('lamp-2')
        await answers(lamp, { on: true })
        expect(await asked).toMatchObject({ status: 200 })
      },
      withOneLook,
    )
  })
})

test('a state machine that asks a device', async () => {
  await using opened = new AsyncDisposableStack()
  const assembly = opened.use(
    await assemblyWith({ reviewStateMachineFile: 'examples/state-machine/review.asl.json', presence: 'false' }),
  )
  const bridge = opened.use(await startBridge({ assemblyFolder: assembly.folder }))
  const device = opened.use(await bridge.connect())
  const operator = opened.use(await connectOperator(bridge))
  await holds(bridge, 'state machine with device', async () => {
    const answered = device.request(`${ROOT}/conscience/review`, ACTION)
    await answers(operator, DECISION)
    await answered
  })
})

test('the events bus', async () => {
  await using opened = new AsyncDisposableStack()
  const assembly = opened.use(await assemblyWith({ events: 'true', presence: 'false' }))
  const bridge = opened.use(await startBridge({ assemblyFolder: assembly.folder }))
  const device = opened.use(await bridge.connect())
  await holds(
    bridge,
    'events',
    async () => {
      await device.request(`${ROOT}/conscience/evaluate`, ACTION, { reply_to: privateReplyTopic(ROOT, CLIENT) })
      await bridge.runtime.idle()
    },
    (units) => withBatches(partOf(units, (name, item) => name === 'announcer' || item === 'events.published')),
  )
})
