import { expect, test } from 'vitest'
import { disconnected } from '../../e2e/harness/device.ts'
import type { Service } from '../service.ts'

const DEVICE = 'jamey-instance-1'

/** Who gets in, and what ends a connection. */
export function testConnections(service: () => Service): void {
  test('a device with its token is let in', async () => {
    await using device = await service().connect(DEVICE)
    expect(device.client.connected).toBe(true)
  })

  test.each([
    ['no token', async () => 'no token'],
    ['the token of another', () => service().token('observer-1')],
    ['a token that has run out', () => service().token(DEVICE, { lifetimeSeconds: -60 })],
  ])('a device with %s is not', async (_, password) => {
    await expect(service().connect(DEVICE, { password: await password() })).rejects.toThrow()
  })

  test('a second connection with the same client id takes over', async () => {
    await using first = await service().connect(DEVICE)
    const ended = disconnected(first)
    await using second = await service().connect(DEVICE)

    await ended
    expect(second.client.connected).toBe(true)
  })

  test('the device is told of no right that it has not: a topic, a filter', async () => {
    await using device = await service().connect(DEVICE)
    const { root } = service()

    await expect(device.subscribe(`${root}/responses/observer-1`)).rejects.toMatchObject({ code: 0x87 })
    await expect(device.publish(`${root}/memory/updates`, '{}')).rejects.toMatchObject({ code: 0x87 })
  })
}
