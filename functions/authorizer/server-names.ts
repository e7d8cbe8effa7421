import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { bridgeError, SERVER_NAMES_KEY, serverNamesSchema } from '#contract/index.ts'

/** The TLS server names of this deployment, and those of them that take a token only beside a client certificate. Throws authorizer_unavailable. */
export type ServerNames = () => Promise<{ all: readonly string[]; withCertificate: readonly string[] }>

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
  let names: Awaited<ReturnType<ServerNames>> | undefined
  let readAtMs = Number.NEGATIVE_INFINITY

  return async () => {
    if (names && nowMs() - readAtMs < keptMs) return names
    try {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: { client_id: { S: SERVER_NAMES_KEY } } }),
      )
      const item = serverNamesSchema.parse(Item && unmarshall(Item))
      names = { all: item.server_names, withCertificate: item.certificate_server_names }
      readAtMs = nowMs()
    } catch (cause) {
      if (!names) throw bridgeError('authorizer_unavailable', { what: 'the server names' }, { cause })
    }
    return names
  }
}
