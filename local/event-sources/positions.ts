import type { DatabaseSync } from 'node:sqlite'

/** How far each mapping has read its stream, kept over restarts. */
export interface Positions {
  find(mappingId: string): number | undefined
  keep(mappingId: string, sequence: number): void
}

export function createPositions(db: DatabaseSync): Positions {
  db.exec(
    'CREATE TABLE IF NOT EXISTS event_source_position (mapping_id TEXT NOT NULL PRIMARY KEY, sequence INTEGER NOT NULL) STRICT',
  )
  const select = db.prepare('SELECT sequence FROM event_source_position WHERE mapping_id = ?')
  const upsert = db.prepare(
    'INSERT INTO event_source_position VALUES (?, ?) ON CONFLICT (mapping_id) DO UPDATE SET sequence = excluded.sequence',
  )
  return {
    find(mappingId) {
      const row = select.get(mappingId)
      return row && Number(row.sequence)
    },
    keep(mappingId, sequence) {
      upsert.run(mappingId, sequence)
    },
  }
}
