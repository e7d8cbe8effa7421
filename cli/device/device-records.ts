import { isDeepStrictEqual } from 'node:util'
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateScan,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { type DeviceRecord, deviceRecordSchema } from '#contract/index.ts'
import { CommandError } from '../command-error.ts'

/** The records that the authorizer reads at every connect. Each change is one conditional write. */
export interface DeviceRecords {
  find(clientId: string): Promise<DeviceRecord | undefined>
  /** Throws device_not_found. */
  get(clientId: string): Promise<DeviceRecord>
  /** Sorted by client id. */
  list(): Promise<DeviceRecord[]>
  /** Throws device_exists when somebody else was faster. */
  create(record: DeviceRecord): Promise<void>
  /** Takes the place of `before`, if that still is what is stored. Throws device_changed. */
  replace(before: DeviceRecord, after: DeviceRecord): Promise<void>
}

/** What a record looks like to whoever wrote it: enough to notice that somebody else has changed it since. */
const UNCHANGED = '#status = :status AND key_version = :key_version AND not_before_seconds = :not_before_seconds'

export function createDeviceRecords(client: DynamoDBClient, TableName: string): DeviceRecords {
  async function find(clientId: string): Promise<DeviceRecord | undefined> {
    const key = { client_id: { S: clientId } }
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: key, ConsistentRead: true }))
    return Item && deviceRecordSchema.parse(unmarshall(Item))
  }

  return {
    find,
    async get(clientId) {
      const record = await find(clientId)
      if (record) return record
      throw new CommandError('failed', 'device_not_found', `no device is registered as "${clientId}"`)
    },
    async list() {
      const records: DeviceRecord[] = []
      for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true })) {
        // beside the devices there are items of the deployment, whose keys no client id can have
        records.push(...Items.flatMap((item) => deviceRecordSchema.safeParse(unmarshall(item)).data ?? []))
      }
      return records.sort((one, other) => (one.client_id < other.client_id ? -1 : 1))
    },
    async create(record) {
      const put = new PutItemCommand({
        TableName,
        Item: marshall(record, { removeUndefinedValues: true }),
        ConditionExpression: 'attribute_not_exists(client_id)',
      })
      await client.send(put).catch(whenChanged(() => deviceExists(record.client_id)))
    },
    async replace(before, after) {
      const changes = updateOf(before, after)
      if (!changes) return
      const update = new UpdateItemCommand({
        TableName,
        Key: { client_id: { S: after.client_id } },
        ...changes,
      })
      const changed = `"${after.client_id}" was changed by somebody else at the same moment; look at it and try again`
      await client.send(update).catch(whenChanged(() => new CommandError('failed', 'device_changed', changed)))
    },
  }
}

/**
 * Sets what has changed and takes away what only `before` had; undefined when nothing did. What stays the same is not written: a deployment
 * may have given the device another role or organization since.
 */
function updateOf(before: DeviceRecord, after: DeviceRecord) {
  const values = Object.entries(after).filter(([, value]) => value !== undefined)
  const sets = values.filter(([name, value]) => !isDeepStrictEqual(value, before[name as keyof DeviceRecord]))
  const gone = Object.keys(before).filter((name) => !values.some(([kept]) => kept === name))
  if (sets.length + gone.length === 0) return undefined
  const set = sets.length > 0 ? `SET ${sets.map(([name]) => `#${name} = :new_${name}`).join(', ')}` : ''
  const remove = gone.length > 0 ? `REMOVE ${gone.map((name) => `#${name}`).join(', ')}` : ''
  const { status, key_version, not_before_seconds } = before
  const list = sets.some(([name]) => name === 'certificate_ids') ? before.certificate_ids : undefined
  const names = new Set(['status', ...sets.map(([name]) => name), ...gone])
  return {
    ConditionExpression: [UNCHANGED, ...(list ? sameList(list) : [])].join(' AND '),
    UpdateExpression: `${set} ${remove}`.trim(),
    ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: marshall({
      ...Object.fromEntries(sets.map(([name, value]) => [`:new_${name}`, value])),
      ':status': status,
      ':key_version': key_version,
      ':not_before_seconds': not_before_seconds,
      ...Object.fromEntries((list ?? []).map((id, index) => [`:certificate_${index}`, id])),
    }),
  }
}

/** Place by place, and no further: a record of a deployment has no list, which is as good as an empty one. */
function sameList(list: readonly string[]): string[] {
  const each = list.map((_, index) => `certificate_ids[${index}] = :certificate_${index}`)
  return [...each, `attribute_not_exists(certificate_ids[${list.length}])`]
}

export function deviceExists(clientId: string): CommandError {
  const text = `a device is registered as "${clientId}" already; "npx bridge device show ${clientId}" shows it`
  return new CommandError('failed', 'device_exists', text)
}

function whenChanged(told: () => CommandError): (error: unknown) => never {
  return (error) => {
    throw error instanceof ConditionalCheckFailedException ? told() : error
  }
}
