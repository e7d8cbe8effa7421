import type { DatabaseSync } from 'node:sqlite'
import type { JsonObject } from '../template/index.ts'

/** A custom resource as it was last created or updated. */
export interface CustomResourceEntry {
  logicalId: string
  type: string
  serviceToken: string
  physicalId: string
  properties: JsonObject
}

/** Remembers custom resources over restarts, so that a changed one is updated and one that left the template is deleted. */
export interface CustomResourceLedger {
  find(logicalId: string): CustomResourceEntry | undefined
  save(entry: CustomResourceEntry): void
  remove(logicalId: string): void
  all(): CustomResourceEntry[]
}

export function createCustomResourceLedger(db: DatabaseSync): CustomResourceLedger {
  db.exec('create table if not exists custom_resources (logical_id text primary key, entry text not null) strict')
  const parse = (row: Record<string, unknown>) => JSON.parse(String(row.entry)) as CustomResourceEntry
  const select = db.prepare('select entry from custom_resources where logical_id = ?')
  const selectAll = db.prepare('select entry from custom_resources order by logical_id')
  const upsert = db.prepare('insert or replace into custom_resources (logical_id, entry) values (?, ?)')
  const remove = db.prepare('delete from custom_resources where logical_id = ?')
  return {
    find(logicalId) {
      const row = select.get(logicalId)
      return row && parse(row)
    },
    save: (entry) => void upsert.run(entry.logicalId, JSON.stringify(entry)),
    remove: (logicalId) => void remove.run(logicalId),
    all: () => selectAll.all().map(parse),
  }
}
