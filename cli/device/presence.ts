import { type DynamoDBClient, GetItemCommand, paginateScan, ResourceNotFoundException } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { type PresenceRecord, presenceRecordSchema, TABLE_KEYS } from '#contract/index.ts'

/** Who is connected, as the function `presence` keeps it. A client that was never seen has no record. */
export interface PresenceReader {
  find(clientId: string): Promise<PresenceRecord | undefined>
  /** By client id. */
  all(): Promise<ReadonlyMap<string, PresenceRecord>>
}

export function createPresenceReader(client: DynamoDBClient, TableName: string): PresenceReader {
  return {
    async find(clientId) {
      const Key = { [TABLE_KEYS.presence.partitionKey]: { S: clientId } }
      const { Item } = await client.send(new GetItemCommand({ TableName, Key })).catch(noTable)
      return Item && presenceRecordSchema.safeParse(unmarshall(Item)).data
    },
    async all() {
      const records: PresenceRecord[] = []
      try {
        for await (const { Items = [] } of paginateScan({ client }, { TableName })) {
          records.push(...Items.flatMap((item) => presenceRecordSchema.safeParse(unmarshall(item)).data ?? []))
        }
      } catch (error) {
        noTable(error)
      }
      return new Map(records.map((record) => [record.client_id, record]))
    },
  }
}

/** A deployment of an earlier version keeps no presence. */
function noTable(error: unknown): { Item?: undefined } {
  if (error instanceof ResourceNotFoundException) return {}
  throw error
}
