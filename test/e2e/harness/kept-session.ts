import { ALL_PERMISSIONS, issueToken } from '../../../cli/issue-token.ts'
import { readIssuerKey } from './bridge.ts'
import type { BridgeProcess } from './bridge-process.ts'
import { connectDevice, type Device } from './device.ts'

/** A device with a session that outlives its connections and the process of the bridge, so that it misses nothing. */
export async function connectKept(
  { target }: BridgeProcess,
  clientId: string,
  subscribe: readonly string[],
): Promise<Device> {
  const key = await readIssuerKey(target)
  return connectDevice(target.mqttUrl, target.caFile, {
    clientId,
    password: issueToken(key, { clientId, permissions: ALL_PERMISSIONS }),
    subscribe,
    mqtt: { clean: false, properties: { sessionExpiryInterval: 3_600 } },
  })
}
