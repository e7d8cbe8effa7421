import { GetRetainedMessageCommand, ListRetainedMessagesCommand, PublishCommand } from '@aws-sdk/client-iot-data-plane'
import { describe, expect, test } from 'vitest'
import { ARN_PREFIX, setUp } from './set-up.ts'

const retain = (topic: string, payload: string, userProperties?: object[]) =>
  new PublishCommand({
    topic,
    payload: Buffer.from(payload),
    qos: 1,
    retain: true,
    ...(userProperties && { userProperties: JSON.stringify(userProperties) }),
  })

describe('GetRetainedMessage', () => {
  test('tells what a new subscriber would get', async () => {
    const { data, clock } = await setUp()
    await data.send(retain('a/ü b', 'on', [{ more: '2' }, { one: '1' }, { more: '3' }]))

    const {
      payload,
      userProperties,
      $metadata: _,
      ...told
    } = await data.send(new GetRetainedMessageCommand({ topic: 'a/ü b' }))

    expect(Buffer.from(payload ?? []).toString()).toBe('on')
    expect(JSON.parse(Buffer.from(userProperties ?? []).toString())).toEqual([
      { more: '2' },
      { one: '1' },
      { more: '3' },
    ])
    expect(told).toEqual({ topic: 'a/ü b', qos: 1, lastModifiedTime: clock.nowMs() })
  })

  test('says that there is none', async () => {
    const { data } = await setUp()

    await expect(data.send(new GetRetainedMessageCommand({ topic: 'a' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })
})

describe('ListRetainedMessages', () => {
  test('lists topics and sizes in pages, and no payload', async () => {
    const { data, clock } = await setUp()
    for (const topic of ['c', 'a', 'b']) await data.send(retain(topic, 'on'))

    const first = await data.send(new ListRetainedMessagesCommand({ maxResults: 2 }))
    const second = await data.send(new ListRetainedMessagesCommand({ nextToken: first.nextToken }))

    const summary = (topic: string) => ({ topic, payloadSize: 2, qos: 1, lastModifiedTime: clock.nowMs() })
    expect(first.retainedTopics).toEqual([summary('a'), summary('b')])
    expect(second.retainedTopics).toEqual([summary('c')])
    expect(second.nextToken).toBeUndefined()
  })

  test('goes on behind the last topic, though it has gone meanwhile', async () => {
    const { data } = await setUp()
    for (const topic of ['a', 'b', 'c']) await data.send(retain(topic, 'on'))
    const { nextToken } = await data.send(new ListRetainedMessagesCommand({ maxResults: 2 }))

    await data.send(new PublishCommand({ topic: 'b', retain: true }))

    const { retainedTopics } = await data.send(new ListRetainedMessagesCommand({ nextToken }))
    expect(retainedTopics?.map(({ topic }) => topic)).toEqual(['c'])
  })
})

test('a role needs the right for the topic, and for a list of all', async () => {
  const Resource = `${ARN_PREFIX}:topic/a`
  const { data, roleData } = await setUp({
    statements: [{ Effect: 'Allow', Action: 'iot:GetRetainedMessage', Resource }],
  })
  await data.send(retain('a', 'on'))

  await expect(roleData.send(new GetRetainedMessageCommand({ topic: 'a' }))).resolves.toBeDefined()
  await expect(roleData.send(new GetRetainedMessageCommand({ topic: 'b' }))).rejects.toMatchObject({
    name: 'ForbiddenException',
  })
  await expect(roleData.send(new ListRetainedMessagesCommand({}))).rejects.toMatchObject({
    name: 'ForbiddenException',
    message: expect.stringContaining('iot:ListRetainedMessages on resource: *'),
  })
})
