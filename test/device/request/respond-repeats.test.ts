import { expect, test } from 'vitest'
import { createDeviceBench, until } from '../harness/device-bench.ts'

const EDGE = 'org/acme/device/drone-7/command/edge'
const RESPONSE = 'org/acme/device/drone-7/response'

test('a flat command that comes again with its messageId gets the same answer, and does not run again', async () => {
  await using bench = await createDeviceBench()
  const bridge = await bench.device({ organizationId: 'acme', deviceId: 'drone-7' })
  const handled: unknown[] = []
  await bridge.respond('org/{organizationId}/device/{deviceId}/command/edge', ({ messageId }) => {
    handled.push(messageId)
    return { deviceId: 'drone-7', status: 'success', run: handled.length }
  })
  const command = (messageId: string) =>
    bench.test.broker.publish({
      topic: EDGE,
      payload: Buffer.from(
        JSON.stringify({
          deviceId: 'drone-7',
          messageId,
          command: 'log/fetch',
          timestamp: '2026-11-20T12:00:00Z',
          payload: {},
          waitResponse: true,
        }),
      ),
      qos: 1,
    })

  for (const [index, id] of ['m-1', 'm-1', 'm-2', 'm-1'].entries()) {
    await command(id)
    await until(() => bench.texts(RESPONSE).length === index + 1)
  }

  expect(handled).toEqual(['m-1', 'm-2'])
  expect(bench.texts(RESPONSE).map((text) => JSON.parse(text))).toMatchObject([
    { messageId: 'm-1', run: 1 },
    { messageId: 'm-1', run: 1 },
    { messageId: 'm-2', run: 2 },
    { messageId: 'm-1', run: 1 },
  ])
})
