// An application that has the package from the registry: types from the contract, checked without skipping declarations.
import { DEFAULT_ROOT, topicName } from 'mqtt-cloud-bridge/contract'
import { type Bridge, connect, type DeviceError, isDeviceError, jamey } from 'mqtt-cloud-bridge/device'

const bridge: Bridge<typeof jamey> = await connect(jamey, {
  url: 'wss://localhost:1/mqtt',
  clientId: 'application',
  token: () => 'not asked for',
  startOffline: true,
})

/** Never run: it only has to compile. */
export async function evaluate(): Promise<number> {
  const result = await bridge.request('conscience/evaluate', { action: 'a', context: 'b' })
  // @ts-expect-error the contract has no such topic
  await bridge.publish('conscience/nothing', {})
  // @ts-expect-error a heartbeat has no such field
  await bridge.publish('events/heartbeat', { nothing: 1 })
  return result.moral_score
}

export function isForbidden(error: unknown): error is DeviceError {
  return isDeviceError(error) && error.code === 'permission_denied'
}

await bridge.close()
console.log(JSON.stringify({ client: bridge.state.status, topic: topicName(DEFAULT_ROOT, 'conscience/evaluate', {}) }))
