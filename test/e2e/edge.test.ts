import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CallbackReceiver, startCallbackReceiver } from '../edge/harness/callback-receiver.ts'
import { call } from '../edge/harness/edge-bench.ts'
import { openStream } from '../edge/harness/event-stream.ts'
import { announceBridge } from './harness/announce.ts'
import { awsOptions, type Bridge, NAMES, startBridge } from './harness/bridge.ts'
import { temporaryFolder } from './harness/bridge-process.ts'
import { type EdgeService, startEdgeService } from './harness/edge-service.ts'

const BASE = 'org/acme/device/Instance-1'

describe('bridge edge beside a running bridge', () => {
  const folder = temporaryFolder()
  let bridge: Bridge
  let receiver: CallbackReceiver
  let edge: EdgeService
  let iot: IoTDataPlaneClient

  beforeAll(async () => {
    bridge = await startBridge()
    receiver = await startCallbackReceiver()
    announceBridge(bridge, folder.path)
    iot = new IoTDataPlaneClient(awsOptions(bridge.runtime))
    edge = await startEdgeService(folder.path)
  })
  afterAll(async () => {
    await edge?.[Symbol.asyncDispose]()
    iot?.destroy()
    await receiver?.[Symbol.asyncDispose]()
    await bridge?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  test('asks the cloud and answers with its reply', async () => {
    const { status, body } = await call(edge, '/mqtt/request', {
      topic: 'conscience/evaluate',
      payload: { action: 'Delete user data', context: 'User requested account deletion' },
    })
    expect([status, body.payload]).toMatchObject([200, { approved: true, moral_score: 0.25 }])
  })

  test('posts what comes to a callback', async () => {
    const { status } = await call(edge, '/subscribe', { topic: 'jamey/memory/updates', callbackUrl: receiver.url })
    expect(status).toBe(200)
    await call(edge, '/mqtt/request', {
      topic: 'memory/store',
      payload: { layer: 'long_term', content: 'The garden gate sticks', tags: [] },
    })
    await receiver.untilAccepted(1)
    expect(receiver.accepted[0]).toMatchObject({ topic: 'jamey/memory/updates', payload: { layer: 'long_term' } })
  })

  test('gets a command of the cloud to a program, and its response back', async () => {
    await call(edge, '/subscribe', { topic: `${BASE}/command/edge`, callbackUrl: `${receiver.url}?command` })
    const stream = await openStream(`${edge.url}/mqtt/messages?filter=${BASE}/response`)
    const before = receiver.accepted.length
    const command = {
      messageId: 'b1',
      deviceId: 'Instance-1',
      command: 'petal-flight-log/fetch',
      timestamp: '2026-11-20T12:00:00Z',
      waitResponse: true,
      payload: {},
    }
    await iot.send(
      new PublishCommand({ topic: `${BASE}/command/edge`, qos: 1, payload: Buffer.from(JSON.stringify(command)) }),
    )
    await receiver.untilAccepted(before + 1)
    expect(receiver.accepted.at(-1)?.payload).toEqual(command)

    const response = { messageId: 'b1', status: 'success', deviceId: 'Instance-1' }
    await call(edge, '/publish', { topic: `${BASE}/response`, payload: response, qos: 1 })
    expect((await stream.take(1))[0]?.data).toMatchObject({ topic: `${BASE}/response`, payload: response })
    await stream.close()
  })

  test.each([
    ['telemetry', 'telemetry', { battery: { percent: 80 } }],
    ['status', 'device_status', { status: 'online' }],
  ])('has the cloud keep the last %s of the device', async (relative, kind, fields) => {
    const payload = { deviceId: 'Instance-1', ...fields }
    const { status } = await call(edge, '/publish', { topic: `${BASE}/${relative}`, payload, qos: 1 })
    expect(status).toBe(200)
    let kept: string | undefined
    const key = { client_id: { S: edge.clientId }, kind: { S: kind } }
    while (kept === undefined) {
      const { Item } = await bridge.dynamoDb.send(new GetItemCommand({ TableName: NAMES.statusTable, Key: key }))
      kept = Item?.payload?.S
    }
    expect(JSON.parse(kept)).toEqual(payload)
  })

  test('refuses what would cost the connection, and stays connected', async () => {
    const { body } = await call(edge, '/publish', { topic: 'org/globex/device/Instance-2/response', payload: {} })
    expect(body.code).toBe('topic_denied')
    expect((await call(edge, '/health')).body).toMatchObject({ status: 'healthy', mqtt: { state: 'connected' } })
  })

  test('ends with 0 when it is told to', async () => {
    expect(await edge.end()).toBe(0)
  })
})
