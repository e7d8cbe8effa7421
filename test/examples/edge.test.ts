import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DeviceRequestState } from '#contract/index.ts'
import { announceBridge } from '../e2e/harness/announce.ts'
import { startEdgeService } from '../e2e/harness/edge-service.ts'
import { type Bridge, runHere, startBridge, temporaryFolder } from '../e2e/harness/index.ts'
import { openStream } from '../edge/harness/event-stream.ts'
import { deviceEnvironment, runExample } from './run-example.ts'

const CLIENT_ID = 'jamey-instance-1'
const BASE = 'org/acme/device/Instance-1'

describe('programs of a device beside the edge service', () => {
  const folder = temporaryFolder()
  let bridge: Bridge

  beforeAll(async () => {
    bridge = await startBridge()
    announceBridge(bridge, folder.path)
  })
  afterAll(async () => {
    await bridge?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  async function ask(command: string, payload: object = {}): Promise<DeviceRequestState> {
    const json = JSON.stringify({ command, payload })
    const args = ['device', 'request', CLIENT_ID, json, '--topic', 'command/edge', '--json', '--state', folder.path]
    return JSON.parse((await runHere(args)).stdout) as DeviceRequestState
  }

  test('one that speaks HTTP alone takes commands and answers them', async () => {
    await using edge = await startEdgeService(folder.path)
    await using program = runExample('examples/edge/program.ts', ['--edge', edge.url, '--port', '0'], {})
    await program.out.take('ready', (line) => line.startsWith(`taking commands of ${BASE} on port `))

    expect(await ask('echo/say', { text: 'hello' })).toMatchObject({
      state: 'completed',
      answer: { status: 'success', data: { text: 'hello' } },
    })
    expect(await ask('echo/sing')).toMatchObject({
      state: 'failed',
      error: { device: { error_code: 'UNKNOWN_COMMAND', available_commands: ['echo/say'] } },
    })
    expect(program.out.all).toContain('command echo/say')
    program.stop('SIGINT')
    expect(await program.exitCode).toBe(0)
  })

  test('one with the service inside has handlers, a thread, a long operation and telemetry', async () => {
    await using camera = runExample('examples/edge/camera.ts', [], {
      ...(await deviceEnvironment(bridge, CLIENT_ID)),
      MQTT_ORGANIZATION_ID: 'acme',
      MQTT_DEVICE_ID: 'Instance-1',
      TS_CLIENT_PORT: '0',
      EDGE_STATE_FOLDER: `${folder.path}/camera`,
    })
    const ready = await camera.out.take('ready', (line) => line.startsWith('camera on '))
    const url = ready.slice('camera on '.length)
    await camera.err.take('connected', (line) => line.includes('"status":"connected"'))
    const stream = await openStream(`${url}/mqtt/messages?filter=${BASE}/command/web`)

    expect(await ask('camera/shoot', { exposureMs: 20 })).toMatchObject({
      answer: { data: { picture: 1, exposureMs: 20 } },
    })
    expect(await ask('camera/shoot', { exposureMs: 0 })).toMatchObject({
      error: { device: { error_code: 'VALIDATION_ERROR' } },
    })
    expect(await ask('camera/analyse', { picture: 1 })).toMatchObject({
      answer: { data: { picture: 1, brightness: expect.any(Number) } },
    })
    const begun = await ask('camera/record')
    expect(begun).toMatchObject({ answer: { status: 'success', message: 'camera/record initiated' } })
    const messages = (await stream.take(4)).map(({ data }) => data.payload)
    expect(messages).toMatchObject([
      ...[25, 50, 75].map((progress) => ({ payload: { type: 'progress', progress } })),
      { command: '/camera/record', messageId: begun.correlation_id, payload: { success: true, data: { seconds: 4 } } },
    ])
    await stream.close()
    camera.stop('SIGTERM')
    expect(await camera.exitCode).toBe(0)
  })
})
