import type { DeviceRecord } from '#contract/index.ts'
import { type Bridge, connect, isDeviceError, type jamey } from '#device/index.ts'
import { CommandError } from '../command-error.ts'
import type { DeviceRecords } from '../device/device-records.ts'
import { ALL_PERMISSIONS, issueToken } from '../issue-token.ts'
import type { Target } from '../target.ts'

export type Device = Bridge<typeof jamey>

/** Requests to DynamoDB, and connections being opened, at the same time. */
const AT_ONCE = 25

/** `sim-0001` and so on: the same names in every run, so that their records are made once. */
export function clientIds(prefix: string, count: number): string[] {
  const digits = Math.max(4, String(count).length)
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(digits, '0')}`)
}

/** Makes the records that are missing. Returns how many it made; throws device_inactive for one that is revoked. */
export async function registerFleet(
  records: DeviceRecords,
  ids: readonly string[],
  role: string,
  onStep: (done: number) => void,
): Promise<number> {
  let [done, created] = [0, 0]
  await forEachOf(ids, async (client_id) => {
    const known = await records.find(client_id)
    if (known && known.status !== 'active') {
      throw new CommandError('failed', 'device_inactive', `"${client_id}" is ${known.status}; choose another --prefix`)
    }
    if (!known) {
      const record: DeviceRecord = {
        client_id,
        role,
        organization_id: 'simulation',
        device_id: client_id,
        status: 'active',
        key_version: 1,
        not_before_seconds: 0,
        certificate_ids: [],
      }
      await records.create(record)
      created += 1
    }
    done += 1
    onStep(done)
  })
  return created
}

/** Connects all of them; what is open is in `opened`, also when one fails. */
export async function connectFleet(
  target: Target,
  contract: typeof jamey,
  ids: readonly string[],
  opened: AsyncDisposableStack,
  onStep: (done: number) => void,
): Promise<Device[]> {
  const { url, ca, alpn } = await target.mqtt()
  const key = await target.issuerKey()
  const devices: Device[] = []
  await forEachOf(ids, async (clientId) => {
    const device = await connect(contract, {
      url,
      clientId,
      ca,
      alpn: alpn === undefined ? undefined : [alpn],
      token: () => issueToken(key, { clientId, permissions: ALL_PERMISSIONS }),
      organizationId: 'simulation',
      deviceId: clientId,
      session: 'clean',
    }).catch((error: unknown) => {
      if (!isDeviceError(error)) throw error
      throw new CommandError('failed', error.code, `${clientId}: ${error.message}`)
    })
    opened.defer(() => device.close())
    devices.push(device)
    onStep(devices.length)
  })
  return devices
}

async function forEachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items].reverse()
  const lane = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, lane))
}
