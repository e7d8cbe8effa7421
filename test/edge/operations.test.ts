import { expect, test } from 'vitest'
import { type Command, CommandError, createRateStreams, startOperation } from '#edge/index.ts'

const command: Command = {
  command: 'camera/record',
  messageId: 'b1',
  deviceId: 'Instance-1',
  timestamp: undefined,
  waitResponse: true,
  payload: {},
}

function recorder() {
  const messages: Record<string, unknown>[] = []
  let wake = () => {}
  return {
    messages,
    programs: {
      async publishMessage(payload: Readonly<Record<string, unknown>>) {
        messages.push(payload)
        wake()
        return true
      },
    },
    async until(count: number) {
      while (messages.length < count) await new Promise<void>((resolve) => (wake = resolve))
    },
  }
}

test('an operation is answered at once, and its progress and end follow under the same message id', async () => {
  const { messages, programs, until } = recorder()

  const response = startOperation(programs, command, async (progress) => {
    await progress({ progress: 150, message: 'half' })
    return { data: { seconds: 4 } }
  })
  await until(2)

  expect(response).toMatchObject({ status: 'success', message: 'camera/record initiated' })
  const shape = { messageId: 'b1', command: '/camera/record', timestamp: expect.any(String) }
  expect(messages).toEqual([
    { ...shape, payload: expect.objectContaining({ type: 'progress', progress: 100, completed: false }) },
    {
      ...shape,
      payload: {
        success: true,
        status: 'success',
        message: 'camera/record is done',
        error_code: null,
        data: { seconds: 4 },
        timestamp: expect.any(String),
      },
    },
  ])
})

test.each([
  [new CommandError('NO_LIGHT', 'it is dark'), { error_code: 'NO_LIGHT', message: 'it is dark' }],
  [new Error('a secret detail'), { error_code: 'HANDLER_ERROR', message: 'camera/record failed' }],
])('an operation that fails with %s says so in its second phase', async (error, expected) => {
  const { messages, programs, until } = recorder()
  startOperation(programs, command, () => Promise.reject(error))
  await until(1)
  expect(messages[0]?.payload).toMatchObject({ success: false, status: 'error', data: null, ...expected })
})

test('a stream publishes at its rate until it is stopped', async () => {
  const { messages, programs, until } = recorder()
  const waits: { delayMs: number; callback: () => void }[] = []
  const streams = createRateStreams(programs, (delayMs, callback) => {
    waits.push({ delayMs, callback })
    return () => void waits.splice(0)
  })

  expect(streams.subscribe('s1', 2, () => ({ n: messages.length }))).toMatchObject({ data_rate_hz: 2 })
  await until(1)
  await Promise.resolve()
  expect(waits[0]?.delayMs).toBe(500)
  waits.shift()?.callback()
  await until(2)
  await Promise.resolve()
  expect(streams.unsubscribe('s1')).toMatchObject({ unsubscribed_stream_id: 's1', message: 'stopped' })

  expect(waits).toEqual([])
  expect(messages).toEqual([
    { n: 0, subscribed_stream_id: 's1' },
    { n: 1, subscribed_stream_id: 's1' },
  ])
  expect(streams.unsubscribe('s1')).toMatchObject({ message: 'was not running' })
  expect(() => streams.subscribe('s2', 101, () => ({}))).toThrow(CommandError)
})
