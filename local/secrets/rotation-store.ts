import type { DatabaseSync } from 'node:sqlite'

/** How a secret is rotated. */
export interface RotationRow {
  readonly name: string
  readonly lambda_arn: string
  /** Null: only when asked for. */
  readonly every_ms: number | null
  readonly configured_at_ms: number
  readonly rotated_at_ms: number | null
}

export interface RotationStore {
  find(name: string): RotationRow | undefined
  list(): RotationRow[]
  /** Keeps the time of the last rotation, and with an unchanged interval that of the configuration. */
  configure(name: string, lambdaArn: string, everyMs: number | null, nowMs: number): void
  noteRotated(name: string, nowMs: number): void
  remove(name: string): void
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS secret_rotations (
    name TEXT PRIMARY KEY REFERENCES secrets (name) ON DELETE CASCADE, lambda_arn TEXT NOT NULL, every_ms INTEGER,
    configured_at_ms INTEGER NOT NULL, rotated_at_ms INTEGER
  ) STRICT;`

/** Rotations in SQLite, beside the secrets; creates its table. */
export function openRotationStore(db: DatabaseSync): RotationStore {
  db.exec(SCHEMA)
  const byName = db.prepare('SELECT * FROM secret_rotations WHERE name = ?')
  const all = db.prepare('SELECT * FROM secret_rotations ORDER BY name')
  const put = db.prepare(
    `INSERT INTO secret_rotations VALUES (?1, ?2, ?3, ?4, NULL)
     ON CONFLICT (name) DO UPDATE SET lambda_arn = ?2, every_ms = ?3,
       configured_at_ms = CASE WHEN every_ms IS ?3 THEN configured_at_ms ELSE ?4 END`,
  )
  const note = db.prepare('UPDATE secret_rotations SET rotated_at_ms = ? WHERE name = ?')
  const drop = db.prepare('DELETE FROM secret_rotations WHERE name = ?')
  return {
    find: (name) => byName.get(name) as RotationRow | undefined,
    list: () => all.all() as unknown as RotationRow[],
    configure: (name, lambdaArn, everyMs, nowMs) => void put.run(name, lambdaArn, everyMs, nowMs),
    noteRotated: (name, nowMs) => void note.run(nowMs, name),
    remove: (name) => void drop.run(name),
  }
}
