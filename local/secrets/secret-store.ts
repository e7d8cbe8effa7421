import type { DatabaseSync } from 'node:sqlite'

export interface SecretRow {
  readonly name: string
  readonly arn: string
  readonly description: string | null
  readonly source_hash: string | null
  readonly created_at_ms: number
  readonly changed_at_ms: number
}

export interface SecretValue {
  readonly secretString?: string
  readonly secretBinary?: Uint8Array
}

export interface VersionRow {
  readonly version_id: string
  readonly secret_string: string | null
  readonly secret_binary: Uint8Array | null
  readonly created_at_ms: number
  readonly stages: readonly string[]
}

export interface SecretStore {
  /** Finds by name, full ARN or ARN without the random suffix. */
  find(nameOrArn: string): SecretRow | undefined
  /** In order of name, beginning after `afterName`. */
  list(limit: number, afterName: string): SecretRow[]
  insert(secret: SecretRow): void
  setSourceHash(name: string, sourceHash: string): void
  versions(name: string): VersionRow[]
  insertVersion(name: string, versionId: string, value: SecretValue, nowMs: number): void
  /** Gives a value to a version that a rotation has made without one. */
  fillVersion(name: string, versionId: string, value: SecretValue): void
  /** Attaches a staging label to a version and takes it from any other; AWSCURRENT leaves AWSPREVIOUS behind. */
  moveStage(name: string, stage: string, versionId: string, nowMs: number): void
  removeStage(name: string, stage: string, nowMs: number): void
  /** Runs `work` as one transaction. */
  atomically<Result>(work: () => Result): Result
}

export const CURRENT_STAGE = 'AWSCURRENT'
export const PREVIOUS_STAGE = 'AWSPREVIOUS'
export const PENDING_STAGE = 'AWSPENDING'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS secrets (
    name TEXT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, description TEXT, source_hash TEXT,
    created_at_ms INTEGER NOT NULL, changed_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS secret_versions (
    name TEXT NOT NULL REFERENCES secrets (name) ON DELETE CASCADE, version_id TEXT NOT NULL,
    secret_string TEXT, secret_binary BLOB, created_at_ms INTEGER NOT NULL, PRIMARY KEY (name, version_id)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS secret_stages (
    name TEXT NOT NULL REFERENCES secrets (name) ON DELETE CASCADE, stage TEXT NOT NULL, version_id TEXT NOT NULL,
    PRIMARY KEY (name, stage)
  ) STRICT;`
const ARN_SUFFIX = /-[A-Za-z0-9]{6}$/

/** Secrets, their versions and staging labels in SQLite; creates its tables. */
export function openSecretStore(db: DatabaseSync): SecretStore {
  db.exec(SCHEMA)
  const byName = db.prepare('SELECT * FROM secrets WHERE name = ?')
  const byArn = db.prepare('SELECT * FROM secrets WHERE arn = ?')
  const page = db.prepare('SELECT * FROM secrets WHERE name > ? ORDER BY name LIMIT ?')
  const insertSecret = db.prepare('INSERT INTO secrets VALUES (?, ?, ?, ?, ?, ?)')
  const updateHash = db.prepare('UPDATE secrets SET source_hash = ? WHERE name = ?')
  const touch = db.prepare('UPDATE secrets SET changed_at_ms = ? WHERE name = ?')
  const selectVersions = db.prepare('SELECT * FROM secret_versions WHERE name = ? ORDER BY created_at_ms, rowid')
  const addVersion = db.prepare('INSERT INTO secret_versions VALUES (?, ?, ?, ?, ?)')
  const setValue = db.prepare(
    'UPDATE secret_versions SET secret_string = ?, secret_binary = ? WHERE name = ? AND version_id = ?',
  )
  const dropUnlabelled = db.prepare(
    `DELETE FROM secret_versions WHERE name = ?1
     AND version_id NOT IN (SELECT version_id FROM secret_stages WHERE name = ?1)`,
  )
  const selectStages = db.prepare('SELECT stage, version_id FROM secret_stages WHERE name = ? ORDER BY stage')
  const putStage = db.prepare('INSERT OR REPLACE INTO secret_stages VALUES (?, ?, ?)')
  const deleteStage = db.prepare('DELETE FROM secret_stages WHERE name = ? AND stage = ?')

  function stages(name: string): { stage: string; version_id: string }[] {
    return selectStages.all(name) as { stage: string; version_id: string }[]
  }

  return {
    find(nameOrArn) {
      const exact = (byArn.get(nameOrArn) ?? byName.get(nameOrArn)) as SecretRow | undefined
      if (exact !== undefined || !nameOrArn.startsWith('arn:')) return exact
      const partial = byName.get(nameOrArn.split(':').slice(6).join(':')) as SecretRow | undefined
      return partial?.arn.replace(ARN_SUFFIX, '') === nameOrArn ? partial : undefined
    },
    list: (limit, afterName) => page.all(afterName, limit) as unknown as SecretRow[],
    insert({ name, arn, description, source_hash, created_at_ms, changed_at_ms }) {
      insertSecret.run(name, arn, description, source_hash, created_at_ms, changed_at_ms)
    },
    setSourceHash: (name, sourceHash) => void updateHash.run(sourceHash, name),
    versions(name) {
      const labels = stages(name)
      const rows = selectVersions.all(name) as unknown as Omit<VersionRow, 'stages'>[]
      return rows.map((row) => ({
        ...row,
        stages: labels.filter((label) => label.version_id === row.version_id).map((label) => label.stage),
      }))
    },
    insertVersion(name, versionId, { secretString, secretBinary }, nowMs) {
      addVersion.run(name, versionId, secretString ?? null, secretBinary ?? null, nowMs)
    },
    fillVersion(name, versionId, { secretString, secretBinary }) {
      setValue.run(secretString ?? null, secretBinary ?? null, name, versionId)
    },
    moveStage(name, stage, versionId, nowMs) {
      const from = stages(name).find((label) => label.stage === stage)?.version_id
      if (from === versionId) return
      putStage.run(name, stage, versionId)
      if (stage === CURRENT_STAGE && from !== undefined) putStage.run(name, PREVIOUS_STAGE, from)
      dropUnlabelled.run(name)
      touch.run(nowMs, name)
    },
    removeStage(name, stage, nowMs) {
      deleteStage.run(name, stage)
      dropUnlabelled.run(name)
      touch.run(nowMs, name)
    },
    atomically(work) {
      db.exec('SAVEPOINT secrets')
      try {
        const result = work()
        db.exec('RELEASE secrets')
        return result
      } catch (failure) {
        db.exec('ROLLBACK TO secrets; RELEASE secrets')
        throw failure
      }
    },
  }
}
