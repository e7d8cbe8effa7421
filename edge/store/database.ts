import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Raised with a schema that older processes cannot read. */
const SCHEMA_VERSION = 1

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS subscriptions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    filter TEXT NOT NULL,
    callback_url TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    UNIQUE (kind, filter, callback_url)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription_id INTEGER NOT NULL,
    url TEXT NOT NULL,
    topic TEXT NOT NULL,
    body TEXT NOT NULL,
    received_at_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    refusals INTEGER NOT NULL DEFAULT 0,
    failing_since_ms INTEGER,
    problem TEXT,
    dead_at_ms INTEGER
  ) STRICT;
  CREATE INDEX IF NOT EXISTS waiting ON deliveries (subscription_id, topic, id) WHERE dead_at_ms IS NULL;
  CREATE INDEX IF NOT EXISTS dead ON deliveries (id) WHERE dead_at_ms IS NOT NULL;
  CREATE TABLE IF NOT EXISTS recent_messages (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    identity TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE IF NOT EXISTS open_commands (
    message_id TEXT PRIMARY KEY,
    command TEXT NOT NULL,
    answer_by_ms INTEGER NOT NULL
  ) STRICT`

/**
 * Opens the database of the service, which is made if it is not there. It survives the end of the process at any point; after a power cut the
 * last writes may be missing. One service has a folder to itself. Throws what SQLite throws.
 */
export function openDatabase(folder: string): DatabaseSync {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'edge.sqlite')
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
    if (version > SCHEMA_VERSION) throw new Error(`${file} was written by a newer version (schema ${version})`)
    database.exec(`BEGIN IMMEDIATE; ${SCHEMA}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
