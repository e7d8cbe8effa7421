import { expect, test } from 'vitest'
import * as z from 'zod'
import { connect, defineContract, type Message } from '#device/index.ts'
import { createDeviceBench, until } from '../harness/device-bench.ts'

const notes = defineContract({
  root: 'notes',
  topics: { line: { direction: 'shared', qos: 1, wire: 'text', payload: z.string().max(20) } },
  otherTopics: 'text',
})

test('a topic of texts carries them as they are, and holds them against its schema', async () => {
  await using bench = await createDeviceBench()
  const options = { url: bench.url, ca: bench.certificate.cert, clientId: 'writer' }
  await using bridge = await connect(notes, options)
  const got: string[] = []
  await bridge.on('line', (text) => got.push(text))

  await bridge.publish('line', 'no JSON: "ä')
  await until(() => got.length === 1)

  expect(bench.texts('notes/line')).toEqual(['no JSON: "ä'])
  expect(got).toEqual(['no JSON: "ä'])
  await expect(bridge.publish('line', 'x'.repeat(21))).rejects.toMatchObject({ code: 'invalid_payload' })
})

test('topics outside the contract are read as it says', async () => {
  await using bench = await createDeviceBench()
  await using bridge = await connect(notes, { url: bench.url, ca: bench.certificate.cert, clientId: 'reader' })
  const got: [string, unknown][] = []
  await bridge.on('other/#', ({ payload }: { payload: unknown }, { topic }: Message) => got.push([topic, payload]), {
    absolute: true,
  })

  await bench.test.broker.publish({ topic: 'other/a', payload: Buffer.from('{not JSON'), qos: 1 })
  await bench.send('other/b', { n: 1 }, { messageId: 'b1cbb7ba-3a36-4f2b-8b43-1a0b9a2b1f31' })
  await until(() => got.length === 2)

  expect(got[0]).toEqual(['other/a', '{not JSON'])
  expect(got[1]).toMatchObject(['other/b', expect.stringContaining('"message_id":"b1cbb7ba')])
})

test('with a form for topics outside the contract they are published and subscribed to by their names', async () => {
  await using bench = await createDeviceBench()
  await using bridge = await connect(notes, { url: bench.url, ca: bench.certificate.cert, clientId: 'writer' })
  const got: [string, unknown][] = []
  const named = 'other/{unit}' as 'line'
  await bridge.on(named, (text, { topic, key }) => got.push([topic, text, key] as never))

  await bridge.publish(named, 'as it is')
  await until(() => got.length === 1)

  expect(got).toEqual([['other/{unit}', 'as it is', undefined]])
  await expect(bridge.publish('' as 'line', '')).rejects.toMatchObject({ code: 'topic_unknown' })
  await expect(bridge.request('other/a' as never, 'x' as never)).rejects.toMatchObject({ code: 'topic_unknown' })
})
