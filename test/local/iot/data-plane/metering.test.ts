import { GetRetainedMessageCommand, PublishCommand } from '@aws-sdk/client-iot-data-plane'
import { expect, test } from 'vitest'
import { setUp } from './set-up.ts'

const KB = 1024

test('bodies of requests and answers are metered in steps of 5 KB, those of refusals too, and empty ones are not', async () => {
  const { data, billed } = await setUp()
  await data.send(new PublishCommand({ topic: 'a/b', payload: Buffer.alloc(5 * KB + 1) }))
  expect(billed()['iot.messages']).toEqual({ 'HTTP request': 2, 'HTTP response': 1 })

  await expect(data.send(new GetRetainedMessageCommand({ topic: 'none' }))).rejects.toThrow()
  expect(billed()['iot.messages']).toEqual({ 'HTTP request': 2, 'HTTP response': 2 })
})
