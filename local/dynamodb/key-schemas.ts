import type { Engine } from './engine.ts'
import { isRecord } from './table-names.ts'

type Item = Readonly<Record<string, unknown>>

export interface KeySchemas {
  /** Names of the key attributes of a table; undefined when there is no such table. */
  attributesOf(tableName: string): Promise<readonly string[] | undefined>
  forget(tableName: string): void
}

/** Key attributes by table, asked for once: a table's key never changes while it exists. */
export function createKeySchemas(engine: Engine): KeySchemas {
  const known = new Map<string, readonly string[]>()
  return {
    async attributesOf(tableName) {
      const cached = known.get(tableName)
      if (cached !== undefined) return cached
      const result = await engine.run('DescribeTable', { TableName: tableName })
      if (result.status !== 200) return undefined
      const description = JSON.parse(result.body) as { Table: { KeySchema: { AttributeName: string }[] } }
      const names = description.Table.KeySchema.map((key) => key.AttributeName)
      known.set(tableName, names)
      return names
    },
    forget: (tableName) => void known.delete(tableName),
  }
}

/** The key of an item; undefined when an attribute is missing, which DynamoDB then reports. */
export function keyOf(item: unknown, attributes: readonly string[]): Item | undefined {
  if (!isRecord(item)) return undefined
  const entries = attributes.map((name) => [name, item[name]] as const)
  return entries.every(([, value]) => isRecord(value)) ? Object.fromEntries(entries) : undefined
}

/** A text that is the same for equal keys; numbers written differently (`1`, `1.0`) are equal. */
export function lockName(tableName: string, key: Item): string {
  const parts = Object.keys(key)
    .sort()
    .map((name) => {
      const value = key[name]
      return isRecord(value) && typeof value.N === 'string' ? Number(value.N) : value
    })
  return `${tableName} ${JSON.stringify(parts)}`
}
