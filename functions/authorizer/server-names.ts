import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { bridgeError, SERVER_NAMES_KEY, serverNamesSchema } from '#contract/index.ts'

/** The TLS server names of this deployment. Throws authorizer_unavailable. */
export type ServerNames = () => Promise<readonly string[]>

/**
 * Reads them from the device table, where the deployment wrote them once AWS had given the host names out. Kept for five minutes; a
 * failed read falls back on what was read before.
 */
export function createServerNames(options: {
  client: DynamoDBClient
  tableName: string
  keptMs?: number
  nowMs?: () => number
}): ServerNames {
  const { client, tableName, keptMs = 5 * 60_000, nowMs = Date.now } = options
  let names: readonly string[] | undefined
  let readAtMs = Number.NEGATIVE_INFINITY

  return async () => {
    if (names && nowMs() - readAtMs < keptMs) return names
    try {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: { client_id: { S: SERVER_NAMES_KEY } } }),
      )
      names = serverNamesSchema.parse(Item && unmarshall(Item)).server_names
      readAtMs = nowMs()
    } catch (cause) {
      if (!names) throw bridgeError('authorizer_unavailable', { what: 'the server names' }, { cause })
    }
    return names
  }
}
