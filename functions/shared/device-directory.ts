import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { bridgeError, type DeviceRecord, deviceRecordSchema } from '#contract/index.ts'

/** Reads device records. */
export interface DeviceDirectory {
  /** The record of a client; undefined when none is registered. Throws store_unavailable. */
  find(clientId: string): Promise<DeviceRecord | undefined>
}

/** One strongly consistent read per call: what the authorizer needs at connect. */
export function createDeviceDirectory(options: { client: DynamoDBClient; tableName: string }): DeviceDirectory {
  return {
    async find(clientId) {
      const item = await options.client
        .send(
          new GetItemCommand({
            TableName: options.tableName,
            Key: { client_id: { S: clientId } },
            ConsistentRead: true,
          }),
        )
        .then(
          ({ Item }) => Item,
          (cause: unknown) => {
            throw bridgeError('store_unavailable', { operation: 'device record' }, { cause })
          },
        )
      return item && deviceRecordSchema.parse(unmarshall(item))
    },
  }
}

/**
 * Keeps records for a minute, which is how late a handler may learn of a new role or organization. Holds at most 10,000; the
 * oldest go first. Unknown clients are not kept.
 */
export function cachedDirectory(
  directory: DeviceDirectory,
  options: { keptMs?: number; maxRecords?: number; nowMs?: () => number } = {},
): DeviceDirectory {
  const { keptMs = 60_000, maxRecords = 10_000, nowMs = Date.now } = options
  const records = new Map<string, { record: DeviceRecord; untilMs: number }>()
  return {
    async find(clientId) {
      const kept = records.get(clientId)
      if (kept && kept.untilMs > nowMs()) return kept.record
      records.delete(clientId)
      const record = await directory.find(clientId)
      if (!record) return undefined
      const [oldest] = records.keys()
      if (records.size >= maxRecords && oldest !== undefined) records.delete(oldest)
      records.set(clientId, { record, untilMs: nowMs() + keptMs })
      return record
    },
  }
}

/** The record of a sender that may act. Throws device_unregistered when there is none or it is not active. */
export async function activeDevice(directory: DeviceDirectory, clientId: string): Promise<DeviceRecord> {
  const record = await directory.find(clientId)
  if (record?.status !== 'active') throw bridgeError('device_unregistered', { clientId })
  return record
}
