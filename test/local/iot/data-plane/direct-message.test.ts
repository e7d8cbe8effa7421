import { SendDirectMessageCommand, type SendDirectMessageCommandInput } from '@aws-sdk/client-iot-data-plane'
import { describe, expect, test } from 'vitest'
import { ARN_PREFIX, setUp } from './set-up.ts'

const to = (input: Partial<SendDirectMessageCommandInput> = {}) =>
  new SendDirectMessageCommand({ clientId: 'lamp-1', topic: 'a/b', payload: Buffer.from('now'), ...input })

describe('SendDirectMessage', () => {
  test('reaches a client that subscribed to nothing, with its properties, and no topic rule', async () => {
    const { data, connect, messages } = await setUp()
    const client = await connect({ clientId: 'lamp-1' })

    const { message, traceId } = await data.send(
      to({
        contentType: 'text/plain',
        responseTopic: 'a/reply',
        correlationData: Buffer.from('c-1').toString('base64'),
        payloadFormatIndicator: 'UTF8_DATA',
        userProperties: JSON.stringify([{ one: '1' }]),
      }),
    )

    expect({ message, traceId }).toEqual({ message: 'OK', traceId: expect.stringMatching(/^[\da-f-]{36}$/) })
    expect(await client.next('publish')).toMatchObject({
      topic: 'a/b',
      payload: Buffer.from('now'),
      qos: 0,
      properties: {
        contentType: 'text/plain',
        responseTopic: 'a/reply',
        correlationData: Buffer.from('c-1'),
        payloadFormatIndicator: true,
        userProperties: { one: '1' },
      },
    })
    expect(messages).toEqual([])
  })

  test('with confirmation waits for the PUBACK', async () => {
    const { data, connect } = await setUp()
    const client = await connect({ clientId: 'lamp-1' }, 4)

    const sending = data.send(to({ confirmation: true }))
    const { qos, messageId = 0 } = await client.next('publish')
    client.send({ cmd: 'puback', messageId })

    expect(qos).toBe(1)
    await expect(sending).resolves.toMatchObject({ message: 'OK' })
  })

  test.each([
    ['5 seconds unless told otherwise', {}, 5_000],
    ['the seconds that the caller says', { timeout: 15 }, 15_000],
  ])('gives up after %s', async (_, input, ms) => {
    const { data, clock, connect } = await setUp()
    const client = await connect({ clientId: 'lamp-1', keepalive: 600 })
    let answered = false
    const sending = data.send(to({ confirmation: true, ...input })).finally(() => {
      answered = true
    })
    sending.catch(() => {})
    await client.next('publish')

    clock.advance(ms - 1)
    await client.settled()
    const early = answered
    clock.advance(1)

    await expect(sending).rejects.toMatchObject({ name: 'GatewayTimeoutException', $metadata: { httpStatusCode: 504 } })
    expect(early).toBe(false)
  })

  test('is not sent again to the session after its connection is lost', async () => {
    const { data, connect } = await setUp()
    const fields = { clientId: 'lamp-1', clean: false, properties: { sessionExpiryInterval: 600 } }
    const client = await connect(fields)
    const sending = data.send(to({ confirmation: true }))
    sending.catch(() => {})
    await client.next('publish')

    client.lose()

    await expect(sending).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    expect(await (await connect(fields)).settled()).toEqual([])
  })

  test('needs a connected client', async () => {
    const { data } = await setUp()

    await expect(data.send(to())).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  test('needs the right of the receiver', async () => {
    const { data, connect } = await setUp({ denied: new Set(['receive a/b']) })
    const client = await connect({ clientId: 'lamp-1' })

    await expect(data.send(to())).rejects.toMatchObject({ name: 'ForbiddenException' })
    expect(await client.settled()).toEqual([])
  })

  test('does not fit a client that takes no packet of its size', async () => {
    const { data, connect } = await setUp()
    await connect({ clientId: 'lamp-1', properties: { maximumPacketSize: 512 } })

    await expect(data.send(to({ payload: Buffer.alloc(600) }))).rejects.toMatchObject({
      name: 'RequestEntityTooLargeException',
    })
  })

  test.each<[string, Partial<SendDirectMessageCommandInput>, string]>([
    ['a wildcard in the topic', { topic: 'a/#' }, 'InvalidRequestException'],
    ['no topic', { topic: '' }, 'InvalidRequestException'],
    ['a timeout of 16 seconds', { confirmation: true, timeout: 16 }, 'InvalidRequestException'],
    ['a payload over 128 KB', { payload: Buffer.alloc(128 * 1024 + 1) }, 'RequestEntityTooLargeException'],
  ])('refuses %s', async (_, input, name) => {
    const { data, connect } = await setUp()
    await connect({ clientId: 'lamp-1' })

    await expect(data.send(to(input))).rejects.toMatchObject({ name })
  })

  test('a role needs the right for the client, which may be bound to topics', async () => {
    const Condition = { StringEquals: { 'iot:Topic': ['a/b'] } }
    const statement = {
      Effect: 'Allow',
      Action: 'iot:SendDirectMessage',
      Resource: `${ARN_PREFIX}:client/lamp-1`,
      Condition,
    }
    const { roleData, connect } = await setUp({ statements: [statement] })
    await connect({ clientId: 'lamp-1' })

    await roleData.send(to())

    for (const input of [{ topic: 'a/c' }, { clientId: 'lamp-2' }]) {
      await expect(roleData.send(to(input))).rejects.toMatchObject({ name: 'ForbiddenException' })
    }
  })
})
