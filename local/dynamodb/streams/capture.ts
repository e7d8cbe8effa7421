import { isDeepStrictEqual } from 'node:util'
import type { DynamoDbResult, Engine } from '../engine.ts'
import { type KeySchemas, keyOf } from '../key-schemas.ts'
import { isRecord } from '../table-names.ts'
import type { Item, StreamStore } from './stream-store.ts'

type Body = Readonly<Record<string, unknown>>

const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem'])

/**
 * The engine for writes, which come here one at a time for each key: what a write to a table with a stream changes is recorded. It is begun before the write
 * and ended after it, so that a process killed in between leaves a change that {@link endOpenChanges} finds. A write that leaves an item as it was is none.
 * Every other call goes straight through.
 */
export function captureChanges(
  engine: Engine,
  options: { streams: StreamStore; schemas: KeySchemas; isExpiry?: boolean },
): Engine {
  const { streams, schemas, isExpiry = false } = options

  async function recorded(
    written: readonly { tableName: string; key: Item }[],
    write: () => Promise<DynamoDbResult>,
  ): Promise<DynamoDbResult> {
    const begun: { tableName: string; key: Item; before: Item | undefined; sequence: number }[] = []
    for (const { tableName, key } of written) {
      const before = await itemAt(engine, tableName, key)
      begun.push({ tableName, key, before, sequence: streams.begin(tableName, { key, before, isExpiry }) })
    }
    const result = await write()
    for (const { tableName, key, before, sequence } of begun) {
      const after = result.status === 200 ? await itemAt(engine, tableName, key) : before
      if (isDeepStrictEqual(before, after)) streams.drop(tableName, sequence)
      else streams.end(tableName, sequence, after)
    }
    return result
  }

  async function writtenByBatch(body: Body): Promise<{ tableName: string; key: Item }[]> {
    const requests = Object.entries(isRecord(body.RequestItems) ? body.RequestItems : {})
    const written: { tableName: string; key: Item }[] = []
    for (const [tableName, list] of requests) {
      if (!streams.streamOf(tableName) || !Array.isArray(list)) continue
      const attributes = await schemas.attributesOf(tableName)
      for (const request of list) {
        const item = isRecord(request?.PutRequest) ? request.PutRequest.Item : request?.DeleteRequest?.Key
        const key = attributes && keyOf(item, attributes)
        if (key) written.push({ tableName, key })
      }
    }
    return written
  }

  return {
    async run(operation, body) {
      const write = () => engine.run(operation, body)
      if (operation === 'BatchWriteItem') return recorded(await writtenByBatch(body), write)
      const tableName = String(body.TableName)
      if (!WRITES.has(operation) || !streams.streamOf(tableName)) return write()
      const attributes = await schemas.attributesOf(tableName)
      const key = attributes && keyOf(operation === 'PutItem' ? body.Item : body.Key, attributes)
      return key ? recorded([{ tableName, key }], write) : write()
    },
    close: () => engine.close(),
  }
}

/** Ends what an earlier run had begun: what is in the table now says whether the write was made. */
export async function endOpenChanges(engine: Engine, streams: StreamStore, tableName: string): Promise<void> {
  for (const { sequence, key, before } of streams.openChanges(tableName)) {
    const after = await itemAt(engine, tableName, key)
    if (isDeepStrictEqual(before, after)) streams.drop(tableName, sequence)
    else streams.end(tableName, sequence, after)
  }
}

async function itemAt(engine: Engine, tableName: string, key: Item): Promise<Item | undefined> {
  const { status, body } = await engine.run('GetItem', { TableName: tableName, Key: key, ConsistentRead: true })
  return status === 200 ? (JSON.parse(body) as { Item?: Item }).Item : undefined
}
