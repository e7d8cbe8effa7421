import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { ALL_PERMISSIONS, DEVICE_TOPICS, type DeviceRequestState, topicName } from '#contract/index.ts'
import { createDynamoDbDeviceRequests, parseDeviceRequestId } from '#correlation/index.ts'
import { CommandError, type Edge, readEdgeSettings, startEdge } from '#edge/index.ts'
import { accept, startCallbackReceiver } from '../edge/harness/callback-receiver.ts'
import { call, until } from '../edge/harness/edge-bench.ts'
import { announceBridge } from './harness/announce.ts'
import {
  type Bridge,
  type CommandResult,
  NAMES,
  requestsApi,
  runHere,
  startBridge,
  temporaryFolder,
} from './harness/index.ts'

const CLIENT_ID = 'jamey-instance-1'
const DEVICE = { organizationId: 'acme', deviceId: 'Instance-1' }

describe('a command that the cloud sends to a device with the edge service', () => {
  const folder = temporaryFolder()
  let bridge: Bridge
  let edge: Edge
  let runs = 0

  beforeAll(async () => {
    bridge = await startBridge()
    announceBridge(bridge, folder.path)
    edge = await startDevice()
  })
  afterAll(async () => {
    await edge?.close()
    await bridge?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  async function startDevice(): Promise<Edge> {
    const { mqttUrl, caFile } = bridge.runtime
    const { settings } = readEdgeSettings({
      TS_CLIENT_HOST: '127.0.0.1',
      TS_CLIENT_PORT: '0',
      EDGE_STATE_FOLDER: `${folder.path}/edge`,
    })
    const started = await startEdge({
      settings,
      device: {
        url: mqttUrl,
        clientId: CLIENT_ID,
        ca: readFileSync(caFile, 'utf8'),
        token: () => bridge.token(CLIENT_ID, { permissions: ALL_PERMISSIONS }),
        permissions: ALL_PERMISSIONS,
        ...DEVICE,
      },
    })
    const schema = z.object({ level: z.number().max(10) })
    const turnOn = ({ level }: z.infer<typeof schema>) => {
      runs += 1
      return { status: 'success', data: { level, isOn: true } } as const
    }
    started.registerHandler('lamp/on', turnOn, { schema })
    started.registerHandler('lamp/break', () => {
      throw new CommandError('NO_BULB', 'there is no bulb')
    })
    const url = new URL('../edge/harness/heavy-command.ts', import.meta.url)
    started.registerHandler('lamp/measure', url, { cpuHeavy: true })
    await until(() => started.health().connection.connected)
    return started
  }

  const ask = (command: string, payload: object, ...more: string[]): Promise<CommandResult> => {
    const json = JSON.stringify({ command, payload })
    const args = ['device', 'request', CLIENT_ID, json, '--topic', 'command/edge', '--json', '--state', folder.path]
    return runHere([...args, ...more])
  }
  const stateOf = ({ stdout }: CommandResult) => JSON.parse(stdout) as DeviceRequestState

  test('is answered by its handler, and the answer completes its correlation', async () => {
    const result = await ask('lamp/on', { level: 7 })
    const state = stateOf(result)
    expect(result.exitCode).toBe(0)
    expect(state).toMatchObject({
      state: 'completed',
      client_id: CLIENT_ID,
      topic: DEVICE_TOPICS.commandEdge,
      answer: {
        messageId: state.correlation_id,
        deviceId: DEVICE.deviceId,
        status: 'success',
        data: { level: 7, isOn: true },
      },
    })
    const requests = createDynamoDbDeviceRequests({
      client: bridge.dynamoDb,
      tableName: NAMES.correlationTable,
      keptSeconds: 60,
    })
    const key = parseDeviceRequestId(state.request_id)
    expect(key && (await requests.find(key, { consistent: true }))).toMatchObject({ state: 'completed' })
  })

  test('is answered over the HTTP API of the cloud as well', async () => {
    const body = { command: 'lamp/on', payload: { level: 2 } }
    const { status, body: answer } = await requestsApi(bridge).ask(CLIENT_ID, { query: '?topic=command/edge', body })
    expect([status, answer]).toMatchObject([200, { status: 'success', data: { level: 2 } }])
  })

  test('runs on a thread of its own, where its handler says so', async () => {
    expect(stateOf(await ask('lamp/measure', { busyMs: 50 }))).toMatchObject({
      state: 'completed',
      answer: { data: { threadId: expect.any(Number) } },
    })
  })

  test('asked again under its id gets the same answer, and does not reach the device', async () => {
    runs = 0
    const first = stateOf(await ask('lamp/on', { level: 1 }, '--correlation-id', 'same'))
    const again = stateOf(await ask('lamp/on', { level: 1 }, '--correlation-id', 'same'))
    expect(first).toMatchObject({ state: 'completed' })
    expect(again).toEqual(first)
    expect(runs).toBe(1)
  })

  test.each([
    ['lamp/break', {}, 'NO_BULB'],
    ['lamp/on', { level: 11 }, 'VALIDATION_ERROR'],
    ['lamp/dance', {}, 'UNKNOWN_COMMAND'],
  ])('%s with %j fails, with what the device says', async (command, payload, code) => {
    const result = await ask(command, payload)
    expect([result.exitCode, stateOf(result)]).toMatchObject([
      1,
      { state: 'failed', error: { code: 'device_failed', device: { error_code: code } } },
    ])
  })

  test('is answered by a program with a callback over HTTP as well', async () => {
    await using program = await startProgram(edge)
    const { answer } = stateOf(await ask('petal-lamp/off', {})) as { answer?: unknown }
    expect(answer).toMatchObject({ status: 'success', by: 'program' })
    expect(program.commands).toMatchObject([{ command: 'petal-lamp/off', waitResponse: true }])
  })

  test('waits for a device that is away, where it is kept', async () => {
    await edge.close()
    const id = ['--correlation-id', 'kept', '--when-offline', 'keep']
    expect(stateOf(await ask('lamp/on', { level: 3 }, ...id, '--async'))).toMatchObject({ state: 'pending' })
    edge = await startDevice()
    expect(stateOf(await ask('lamp/on', { level: 3 }, ...id))).toMatchObject({
      state: 'completed',
      answer: { messageId: 'kept', data: { level: 3 } },
    })
  })
})

/** A program that knows nothing but HTTP. */
async function startProgram(edge: Edge) {
  const receiver = await startCallbackReceiver()
  const topic = topicName('', DEVICE_TOPICS.commandEdge, DEVICE)
  receiver.behave(async ({ body }, response) => {
    accept(response)
    const payload = { messageId: body.payload.messageId, deviceId: DEVICE.deviceId, status: 'success', by: 'program' }
    await call(edge, '/publish', { topic: topicName('', DEVICE_TOPICS.response, DEVICE), payload })
  })
  await call(edge, '/subscribe', { topic, callbackUrl: receiver.url })
  return {
    get commands() {
      return receiver.accepted.map(({ payload }) => payload)
    },
    async [Symbol.asyncDispose]() {
      await call(edge, '/unsubscribe', { topic })
      await receiver[Symbol.asyncDispose]()
    },
  }
}
