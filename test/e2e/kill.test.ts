import { randomUUID } from 'node:crypto'
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { describe, expect, test } from 'vitest'
import {
  awsOptions,
  type BridgeProcess,
  connectKept,
  type Device,
  killableAssembly,
  NAMES,
  patiently,
  startBridgeProcess,
  startTestUpstream,
  temporaryFolder,
  untraced,
} from './harness/index.ts'

const CLIENT_ID = 'jamey-instance-1'
const TIMEOUT_MS = 240_000

const HANDLER_STEPS = [
  'before handler',
  'before UpdateItem 1', // claim
  'after UpdateItem 1',
  'before GetItem 1', // who is the sender
  'after GetItem 1',
]
const ENDING_STEPS = ['before UpdateItem 2', 'after UpdateItem 2', 'after handler'] // complete
const PUBLISHER_STEPS = ['before handler', 'before Publish 1', 'after Publish 1', 'after handler']

/** The kill comes from outside and at once, so the message may or may not have been taken: both must end well. */
const AT_ONCE = 'at once'

const named = (name: string, steps: readonly string[]) => steps.map((step) => `${name} ${step}`)

function connect(bridge: BridgeProcess, filters: readonly string[] = []): Promise<Device> {
  return connectKept(bridge, CLIENT_ID, filters)
}

interface Chain {
  topic: string
  functionName: 'memory' | 'api'
  steps: readonly string[]
  payload(content: string): unknown
}

/**
 * Sends one request for each step, has the runtime die there, starts it again on the same state, sends the request again. Returns all
 * messages that the device ever got.
 */
async function killAtEveryStep(
  chain: Chain,
  upstreamUrl: string,
  inspect: (bridge: BridgeProcess, contents: readonly string[], received: readonly Device[]) => Promise<void>,
): Promise<void> {
  using state = temporaryFolder()
  using assembly = await killableAssembly([chain.functionName, 'publisher'])
  const start = () => startBridgeProcess(state.path, ['--template', assembly.folder, '--upstream', upstreamUrl])
  await using resources = new AsyncDisposableStack()
  let bridge = resources.use(await start())
  let device = resources.use(await connect(bridge, [`jamey/responses/${CLIENT_ID}`, 'jamey/memory/updates']))
  const devices = [device]
  const requests: { content: string; correlationId: string }[] = []

  for (const step of chain.steps) {
    const request = { content: `${step} ${randomUUID()}`, correlationId: randomUUID() }
    requests.push(request)
    if (step.includes('GetItem')) {
      // who the sender is was asked for the repeat of the step before, and is kept for a minute
      await bridge.kill('SIGKILL')
      bridge = resources.use(await start())
      device = resources.use(await connect(bridge))
      devices.push(device)
    }
    if (step !== AT_ONCE) assembly.killAt(step)
    sendInto(device, chain, request)
    if (step === AT_ONCE) await bridge.kill('SIGKILL')
    const { exitCode } = await patiently(`end at "${step}"`, bridge.ended)
    expect(exitCode, step).toBeNull()

    bridge = resources.use(await start())
    device = resources.use(await connect(bridge))
    expect(device.sessionPresent, step).toBe(true)
    devices.push(device)
    const answered = device.reply(request.correlationId)
    await device.send(chain.topic, chain.payload(request.content), { correlation_id: request.correlationId })
    await answered.catch((error: unknown) => {
      throw new Error(`killed at "${step}": ${String(error)}`, { cause: error })
    })
  }

  for (const { content, correlationId } of requests) {
    // asked once more when all is over: the answer is the one that was given
    const last = await device.request(chain.topic, chain.payload(content), { correlation_id: correlationId })
    const texts = repliesTo(devices, correlationId)
    expect(texts.length, content).toBeGreaterThanOrEqual(2)
    expect(new Set(texts), content).toEqual(new Set([untraced(last)]))
    expect(last.envelope.metadata.status, content).toBe('ok')
  }
  await inspect(
    bridge,
    requests.map(({ content }) => content),
    devices,
  )
}

/** Not awaited: the acknowledgement may never come, and MQTT.js then says nothing. */
function sendInto(device: Device, chain: Chain, request: { content: string; correlationId: string }): void {
  void device.send(chain.topic, chain.payload(request.content), { correlation_id: request.correlationId })
}

function repliesTo(devices: readonly Device[], correlationId: string): string[] {
  return devices
    .flatMap(({ messages }) => messages.all)
    .filter(({ envelope }) => envelope.metadata.correlation_id === correlationId)
    .map(untraced)
}

describe.concurrent('a runtime that is killed between request and reply', () => {
  test('stores one memory and gives one answer, wherever it died', { timeout: TIMEOUT_MS }, async () => {
    const chain: Chain = {
      topic: 'jamey/memory/store',
      functionName: 'memory',
      steps: [
        AT_ONCE,
        ...named('memory', [...HANDLER_STEPS, 'before PutItem 1', 'after PutItem 1', ...ENDING_STEPS]),
        ...named('publisher', [...PUBLISHER_STEPS, 'before Publish 2', 'after Publish 2']),
      ],
      payload: (content) => ({ layer: 'semantic', content, tags: [] }),
    }
    await killAtEveryStep(chain, 'none', async ({ target }, contents, devices) => {
      const client = new DynamoDBClient(awsOptions(target))
      const { Items = [] } = await client.send(new ScanCommand({ TableName: NAMES.memoryTable }))
      client.destroy()
      const memories = Items.map((item) => unmarshall(item))
      expect(memories.map(({ content }) => content).sort()).toEqual([...contents].sort())
      const updates = devices.flatMap(({ messages }) => messages.all).filter(({ topic }) => topic.endsWith('/updates'))
      const told = new Set(updates.map(({ envelope }) => (envelope.payload as { id: string }).id))
      const untold = memories.filter(({ id }) => !told.has(id)).map(({ content }) => content)
      expect(untold).toEqual([])
      expect(told.size).toBe(memories.length)
    })
  })

  test('asks the upstream under one idempotency key and gives one answer', { timeout: TIMEOUT_MS }, async () => {
    await using upstream = await startTestUpstream()
    // another body each time shows which answer is kept
    upstream.answerWith((response) => void response.end(randomUUID()))
    const chain: Chain = {
      topic: 'jamey/api/requests',
      functionName: 'api',
      steps: [
        AT_ONCE,
        ...named('api', [...HANDLER_STEPS, 'before upstream', 'after upstream', ...ENDING_STEPS]),
        ...named('publisher', PUBLISHER_STEPS),
      ],
      payload: (content) => ({ method: 'POST', path: '/evaluate', body: { action: content } }),
    }
    await killAtEveryStep(chain, upstream.url, async (_, contents) => {
      const keysOf = (content: string) =>
        upstream.calls.all
          .filter(({ body }) => body.includes(content))
          .map(({ headers }) => String(headers['idempotency-key']))
      const keys = contents.map((content) => [...new Set(keysOf(content))])
      expect(keys.map(({ length }) => length)).toEqual(contents.map(() => 1))
      expect(new Set(keys.flat()).size).toBe(contents.length)
    })
  })

  test('keeps a reply for a device that was away', { timeout: TIMEOUT_MS }, async () => {
    using state = temporaryFolder()
    using assembly = await killableAssembly(['memory', 'publisher'])
    const start = () => startBridgeProcess(state.path, ['--template', assembly.folder, '--upstream', 'none'])
    await using resources = new AsyncDisposableStack()
    const first = resources.use(await start())
    const device = resources.use(await connect(first, [`jamey/responses/${CLIENT_ID}`]))
    assembly.killAt('publisher before handler')
    void device.send('jamey/memory/query', { query: 'x' }, { correlation_id: 'away' })
    await patiently('end', first.ended)

    // started without the device, which sends nothing again
    const second = resources.use(await start())
    const back = resources.use(await connect(second))
    expect(back.sessionPresent).toBe(true)
    expect((await back.reply('away')).envelope.metadata.status).toBe('ok')
    await back[Symbol.asyncDispose]()
    await second.kill('SIGKILL')
    const third = resources.use(await start())
    expect(resources.use(await connect(third)).sessionPresent).toBe(true)
  })
})
