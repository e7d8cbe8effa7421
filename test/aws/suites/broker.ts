import { expect, test } from 'vitest'
import { disconnected } from '../../e2e/harness/device.ts'
import type { Service } from '../service.ts'

const DEVICE = 'jamey-instance-2'

/** Limits of the message broker that a device can run into. https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
export function testBroker(service: () => Service): void {
  const status = () => `${service().root}/events/status`

  test('QoS 2 ends the connection', async () => {
    await using device = await service().connect(DEVICE)
    const ended = disconnected(device)
    device.client.publish(status(), '{}', { qos: 2 })
    await ended
  })

  test('a topic with more than seven slashes ends the connection', async () => {
    await using device = await service().connect(DEVICE)
    const ended = disconnected(device)
    device.client.publish(`${service().root}/1/2/3/4/5/6/7/8`, '{}', { qos: 0 })
    await ended
  })

  test('a payload over 128 KB ends the connection', async () => {
    await using device = await service().connect(DEVICE)
    const ended = disconnected(device)
    device.client.publish(status(), Buffer.alloc(128 * 1024 + 1), { qos: 0 })
    await ended
  })

  test('more than eight filters in a SUBSCRIBE are refused', async () => {
    await using device = await service().connect(DEVICE)
    const filters = Array.from({ length: 9 }, (_, index) => `${service().root}/events/status/${index}`)

    await expect(device.client.subscribeAsync(filters)).rejects.toThrow()
  })
}
