import { randomUUID } from 'node:crypto'
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { expect, test } from 'vitest'
import {
  awsOptions,
  type BridgeProcess,
  connectKept,
  type Device,
  killableAssembly,
  NAMES,
  patiently,
  requestsApiAt,
  startBridgeProcess,
  temporaryFolder,
  untraced,
} from './harness/index.ts'

const TOPIC = 'jamey/conscience/review'
const ASKER = { clientId: 'jamey-instance-1', filter: 'jamey/responses/jamey-instance-1' }
const OPERATOR = { clientId: 'operator-1', filter: 'jamey/devices/operator-1/requests' }
const TIMEOUT_MS = 300_000

const around = (name: string, calls: readonly string[]) => [
  `${name} before handler`,
  ...calls.flatMap((call) => [`${name} before ${call}`, `${name} after ${call}`]),
  `${name} after handler`,
]
/** From the question to the answer, in the order in which it is done. */
const STEPS = [
  ...around('requester', ['GetItem 1', 'UpdateItem 1', 'Invoke 1']),
  ...around('publisher', ['SendDirect 1']),
  ...around('answers', ['UpdateItem 1', 'Callback 1', 'UpdateItem 2']),
]

function connect(bridge: BridgeProcess, { clientId, filter }: typeof ASKER, subscribe: boolean): Promise<Device> {
  return connectKept(bridge, clientId, subscribe ? [filter] : [])
}

/** Answers whatever it is asked, each time with another word; what it is asked comes under one correlation id a request. */
function decide(operator: Device, asked: Map<string, Set<string>>): void {
  const answered = new Set<unknown>()
  operator.client.on('message', () => {
    for (const { topic, envelope } of operator.messages.all) {
      if (topic !== OPERATOR.filter || answered.has(envelope)) continue
      answered.add(envelope)
      const { action } = (envelope.payload as { body: { action: string } }).body
      const { correlation_id } = envelope.metadata
      asked.set(action, (asked.get(action) ?? new Set()).add(String(correlation_id)))
      const body = { approved: true, reason: randomUUID() }
      // not awaited: the acknowledgement may never come
      void operator.send('jamey/devices/operator-1/responses', { status: 200, body }, { correlation_id })
    }
  })
}

test('a workflow that asks a device gives one answer, wherever the runtime died', { timeout: TIMEOUT_MS }, async () => {
  using state = temporaryFolder()
  using assembly = await killableAssembly(['requester', 'publisher', 'answers'])
  const start = () => startBridgeProcess(state.path, ['--template', assembly.folder, '--upstream', 'none'])
  await using resources = new AsyncDisposableStack()
  const askers: Device[] = []
  const asked = new Map<string, Set<string>>()
  let bridge = resources.use(await start())

  const join = async (isFirst: boolean) => {
    const asker = resources.use(await connect(bridge, ASKER, isFirst))
    askers.push(asker)
    const operator = resources.use(await connect(bridge, OPERATOR, isFirst))
    decide(operator, asked)
    return asker
  }
  let asker = await join(true)
  const requests: { action: string; correlationId: string }[] = []

  for (const step of STEPS) {
    const request = { action: `Delete all data without consent: ${step}`, correlationId: randomUUID() }
    requests.push(request)
    if (step.includes('GetItem')) {
      // who the device is was looked up for the request before, and is kept for a minute
      await bridge.kill('SIGKILL')
      bridge = resources.use(await start())
      asker = await join(false)
    }
    assembly.killAt(step)
    void asker.send(TOPIC, { action: request.action, context: '' }, { correlation_id: request.correlationId })
    const { exitCode } = await patiently(`end at "${step}"`, bridge.ended)
    expect(exitCode, step).toBeNull()

    bridge = resources.use(await start())
    asker = await join(false)
    // as devices do: the broker may have died with the request
    const answered = asker.reply(request.correlationId)
    await asker.send(TOPIC, { action: request.action, context: '' }, { correlation_id: request.correlationId })
    await answered.catch((error: unknown) => {
      throw new Error(`killed at "${step}": ${String(error)}`, { cause: error })
    })
  }

  for (const { action, correlationId } of requests) {
    const last = await asker.request(TOPIC, { action, context: '' }, { correlation_id: correlationId })
    const texts = askers
      .flatMap(({ messages }) => messages.all)
      .filter(({ envelope }) => envelope.metadata.correlation_id === correlationId)
      .map(untraced)
    expect(new Set(texts), action).toEqual(new Set([untraced(last)]))
    expect(last.envelope.payload, action).toMatchObject({ decision: 'approved', decided_by: 'operator-1' })
    expect(asked.get(action)?.size, action).toBe(1)
  }
  const client = new DynamoDBClient(awsOptions(bridge.target))
  const { Items = [] } = await client.send(new ScanCommand({ TableName: NAMES.correlationTable }))
  client.destroy()
  const records = Items.map((item) => unmarshall(item)).filter(({ request_key }) => String(request_key).startsWith('>'))
  expect(records).toHaveLength(STEPS.length)
  expect(records.filter(({ state, resumed_at_ms }) => state !== 'completed' || !resumed_at_ms)).toEqual([])
})

/** The caller's connection ends with the runtime; it comes again under its key. */
const HTTP_STEPS = around('http', ['GetItem 1', 'UpdateItem 1', 'Invoke 1'])

test('an HTTP caller gets the one answer, wherever the runtime died', { timeout: TIMEOUT_MS }, async () => {
  using state = temporaryFolder()
  using assembly = await killableAssembly(['http', 'publisher', 'answers'])
  const start = () => startBridgeProcess(state.path, ['--template', assembly.folder, '--upstream', 'none'])
  await using resources = new AsyncDisposableStack()
  const asked = new Map<string, Set<string>>()
  let bridge = resources.use(await start())
  decide(resources.use(await connect(bridge, OPERATOR, true)), asked)
  const answers = new Map<string, unknown[]>()
  const post = async (key: string) => {
    const headers = { 'idempotency-key': key }
    const { status, body } = await requestsApiAt(bridge.target).ask(OPERATOR.clientId, {
      headers,
      body: { method: 'POST', path: '/reviews', headers: {}, body: { action: key } },
    })
    expect(status, key).toBe(200)
    answers.set(key, [...(answers.get(key) ?? []), body])
  }

  for (const step of [...HTTP_STEPS, ...around('answers', ['UpdateItem 1'])]) {
    assembly.killAt(step)
    const cut = post(step).catch(() => {})
    const { exitCode } = await patiently(`end at "${step}"`, bridge.ended)
    expect(exitCode, step).toBeNull()
    await cut

    bridge = resources.use(await start())
    decide(resources.use(await connect(bridge, OPERATOR, false)), asked)
    await post(step)
    await post(step)
  }
  for (const [step, bodies] of answers) {
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size, step).toBe(1)
    expect(asked.get(step)?.size, step).toBe(1)
  }
})
