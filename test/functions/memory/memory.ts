import type { MemoryQueryResult } from '#contract/index.ts'
import { MEMORY_TABLE_KEYS, MEMORY_TIME_INDEX } from '#functions/memory/env.ts'
import { createMemoryRoutes } from '#functions/memory/handler.ts'
import { createMemoryTable } from '#functions/memory/memory-table.ts'
import { answerOf, createChain, directoryOf, NOW_MS } from '../conscience/chain.ts'
import { type DynamoDbServer, tableProperties } from './dynamodb-server.ts'

export const DEVICES = directoryOf(
  { client_id: 'c1', organization_id: 'acme' },
  { client_id: 'c2', organization_id: 'acme' },
  { client_id: 'c3', organization_id: 'globex' },
  { client_id: 'lone' },
  { client_id: 'acme' },
  { client_id: 'gone', status: 'revoked' },
)

let tables = 0

/** The memory function on a table of its own. */
export async function freshMemory(database: DynamoDbServer, options: { nowMs?: () => number } = {}) {
  tables += 1
  const tableName = `memories-${tables}`
  await database.dynamoDb.createTable(tableProperties(MEMORY_TABLE_KEYS, MEMORY_TIME_INDEX), tableName)
  const memories = createMemoryTable({
    client: database.client,
    tableName,
    nowMs: options.nowMs ?? (() => NOW_MS),
  })
  const routes = createMemoryRoutes({ devices: DEVICES, memories })
  const send = createChain(routes, { topic: 'memory/store' })
  return {
    tableName,
    memories,
    routes,
    send,
    store: (payload: Record<string, unknown>, more: { clientId?: string; receivedAtMs?: number } = {}) =>
      send({ payload: { layer: 'semantic', tags: [], ...payload }, ...more }),
    async query(payload: Record<string, unknown>, clientId = 'c1') {
      const outcome = await send({ topic: 'memory/query', payload, clientId })
      return answerOf(outcome).payload as unknown as MemoryQueryResult
    },
  }
}

export const contents = ({ memories }: MemoryQueryResult) => memories.map(({ content }) => content)
