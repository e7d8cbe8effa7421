import {
  GatewayTimeoutException,
  IoTDataPlaneClient,
  PublishCommand,
  ResourceNotFoundException,
  SendDirectMessageCommand,
} from '@aws-sdk/client-iot-data-plane'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { createEnvelope, type DeliverCommand, type OutboundMessage } from '#contract/index.ts'
import { createSender } from '../../../functions/publisher/sender.ts'
import { CLIENT_ID, CORRELATION_ID, MESSAGE_ID, NOW_MS } from '../../fixtures/rule-event.ts'
import { messageTo, setUp } from './set-up.ts'

const TOPIC = `jamey/devices/${CLIENT_ID}/requests`

function request(topic = TOPIC, payload: unknown = { method: 'GET', path: '/state' }): OutboundMessage {
  const metadata = { correlation_id: CORRELATION_ID }
  const envelope = createEnvelope({ topic, payload, metadata }, { messageId: MESSAGE_ID, nowMs: NOW_MS })
  return { topic, qos: 1, envelope: envelope as OutboundMessage['envelope'] }
}

function command(changes: Partial<DeliverCommand['deliver']> = {}): DeliverCommand {
  const deliver = {
    client_id: CLIENT_ID,
    delivery: 'direct',
    message: request(),
    expiry_seconds: 30,
    ...changes,
  } as const
  return { deliver }
}

describe('a delivery', () => {
  test.each(['confirmed', 'unconfirmed', 'offline'] as const)('directly alone tells that it is %s', async (fate) => {
    const { publisher, direct, published } = setUp({ sendDirect: async () => fate })

    expect(await publisher(command())).toEqual({ delivered: fate })
    expect(direct).toEqual([[CLIENT_ID, request()]])
    expect(published).toEqual([])
  })

  test.each([
    ['confirmed', 'confirmed', 0],
    ['unconfirmed', 'published', 1],
    ['offline', 'published', 1],
  ] as const)('that is %s directly, with the topic as second way, is %s', async (fate, delivered, times) => {
    const { publisher, published, expiries } = setUp({ sendDirect: async () => fate })

    expect(await publisher(command({ delivery: 'direct_then_topic' }))).toEqual({ delivered })
    expect(published).toHaveLength(times)
    expect(expiries).toEqual(Array(times).fill(30))
  })

  test('by topic asks nobody whether the device is there, and is kept until its deadline', async () => {
    const { publisher, direct, expiries, observer } = setUp()

    expect(await publisher(command({ delivery: 'topic', expiry_seconds: 90 }))).toEqual({ delivered: 'published' })
    expect(direct).toEqual([])
    expect(expiries).toEqual([90])
    expect(observer.counts).toEqual({ MessagesPublished: 1 })
  })

  test.each([
    ['to another device than the topic names', { client_id: 'other' }, 'topic_not_publishable'],
    [
      'on a topic that devices publish',
      { message: request(`jamey/devices/${CLIENT_ID}/responses`) },
      'topic_not_publishable',
    ],
    ['with a payload that the topic does not have', { message: request(TOPIC, { path: 7 }) }, 'outcome_invalid'],
    ['for longer than a session is kept', { expiry_seconds: 10_000_000 }, 'outcome_invalid'],
  ])('%s is refused', async (_, change, code) => {
    const { publisher, direct, published } = setUp()

    await expect(publisher(command(change as Partial<DeliverCommand['deliver']>))).rejects.toMatchObject({ code })
    expect([...direct, ...published]).toEqual([])
  })

  test('that the service does not take fails', async () => {
    const cause = new Error('throttled')
    const { publisher, observer } = setUp({ sendDirect: () => Promise.reject(cause) })

    await expect(publisher(command())).rejects.toMatchObject({ code: 'publish_failed', cause })
    expect(observer.counts).toEqual({ SystemFaults: 1 })
  })

  test('of a reply goes by topic, as its topic says', async () => {
    const { publisher, direct, published } = setUp()
    const message = messageTo('jamey/memory/updates', {
      id: MESSAGE_ID,
      layer: 'working',
      created_at: '2026-11-21T12:00:00Z',
    })

    expect(await publisher({ publish: [message] })).toEqual({ published: 1 })
    expect(direct).toEqual([])
    expect(published).toHaveLength(1)
  })

  test('by command goes directly where its topic says so', async () => {
    const { publisher, direct, published, observer } = setUp({ sendDirect: async () => 'confirmed' })

    expect(await publisher({ publish: [request()] })).toEqual({ published: 1 })
    expect(direct).toEqual([[CLIENT_ID, request()]])
    expect(published).toEqual([])
    expect(observer.counts).toEqual({ MessagesPublished: 1 })
  })
})

describe('the data plane', () => {
  const client = new IoTDataPlaneClient({ region: 'us-east-1' })
  const mock = mockClient(client)
  const sender = createSender({ publishing: client, direct: client })
  beforeEach(() => {
    mock.reset()
  })
  afterAll(() => mock.restore())
  const failure = { message: 'x', $metadata: {} }

  test('is asked to confirm a direct message', async () => {
    mock.on(SendDirectMessageCommand).resolves({})
    const message = { ...request(), correlation_data: 'AAEC', response_topic: 'answers' }

    expect(await sender.sendDirect(CLIENT_ID, message)).toBe('confirmed')
    expect(mock.commandCalls(SendDirectMessageCommand)[0]?.args[0].input).toEqual({
      clientId: CLIENT_ID,
      topic: TOPIC,
      confirmation: true,
      timeout: 1,
      payload: JSON.stringify(message.envelope),
      contentType: 'application/json',
      payloadFormatIndicator: 'UTF8_DATA',
      correlationData: 'AAEC',
      responseTopic: 'answers',
    })
  })

  test.each([
    [new ResourceNotFoundException(failure), 'offline'],
    [new GatewayTimeoutException(failure), 'unconfirmed'],
  ])('%s means that it is %s', async (error, fate) => {
    mock.on(SendDirectMessageCommand).rejects(error)
    expect(await sender.sendDirect(CLIENT_ID, request())).toBe(fate)
  })

  test('tells of everything else', async () => {
    const error = Object.assign(new Error('no'), { name: 'ForbiddenException' })
    mock.on(SendDirectMessageCommand).rejects(error)
    await expect(sender.sendDirect(CLIENT_ID, request())).rejects.toBe(error)
  })

  test('publishes a flat command without envelope, with its expiry', async () => {
    mock.on(PublishCommand).resolves({})
    await sender.publish({ ...request(), form: 'petal' }, 60)

    expect(mock.commandCalls(PublishCommand)[0]?.args[0].input).toMatchObject({
      payload: JSON.stringify(request().envelope.payload),
      messageExpiry: 60,
    })
  })
})
