import { DatabaseSync } from 'node:sqlite'
import type { QueueStore, StoredMessage } from './queue-store.ts'

/** Raised with a schema that older processes cannot read. */
const SCHEMA_VERSION = 1

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS messages (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    payload TEXT NOT NULL,
    priority INTEGER NOT NULL,
    retain INTEGER NOT NULL,
    expires_at_ms INTEGER,
    properties TEXT
  ) STRICT`

interface Row {
  key: number
  message_id: string
  topic: string
  payload: string
  priority: number
  retain: number
  expires_at_ms: number | null
  properties: string | null
}

/**
 * Opens a durable queue in a SQLite file, which is made if it is not there. It survives the end of the process at any point; after a power cut
 * the last messages may be missing. One bridge has a file to itself: a second opener is refused. Throws what SQLite throws.
 */
export function openQueueStore(file: string): QueueStore {
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
    if (version > SCHEMA_VERSION) throw new Error(`${file} was written by a newer version (schema ${version})`)
    database.exec(`BEGIN IMMEDIATE; ${SCHEMA}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`)
  } catch (error) {
    database.close()
    throw error
  }
  const insert = database.prepare(
    'INSERT INTO messages (message_id, topic, payload, priority, retain, expires_at_ms, properties) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const remove = database.prepare('DELETE FROM messages WHERE key = ?')
  return {
    load() {
      const rows = database.prepare('SELECT * FROM messages ORDER BY key').all() as unknown as Row[]
      return rows.map((row) => ({ key: row.key, message: readRow(row) }))
    },
    add({ messageId, topic, payload, priority, retain, expiresAtMs, properties }) {
      const { lastInsertRowid } = insert.run(
        messageId,
        topic,
        payload,
        priority,
        retain ? 1 : 0,
        expiresAtMs,
        properties,
      )
      return Number(lastInsertRowid)
    },
    delete(key) {
      remove.run(key)
    },
    close() {
      database.close()
    },
  }
}

function readRow(row: Row): StoredMessage {
  const { message_id: messageId, topic, payload, priority, retain, expires_at_ms: expiresAtMs, properties } = row
  return { messageId, topic, payload, priority, retain: retain === 1, expiresAtMs, properties }
}
