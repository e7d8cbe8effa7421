import { DatabaseSync } from 'node:sqlite'

/** An item of DynamoDB, or its key, in the form of the protocol. */
export type Item = Readonly<Record<string, unknown>>

/** One change of one item, whole whatever the stream shows of it. */
export interface Change {
  sequence: number
  key: Item
  before: Item | undefined
  after: Item | undefined
  /** Deleted by the service, since its time was over. */
  isExpiry: boolean
  atMs: number
}

/** What a stream shows of a change. */
export type ViewType = 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES'

/** A change that was begun and not ended: the process was killed in between, or it is at work. */
export interface OpenChange {
  sequence: number
  key: Item
  before: Item | undefined
}

/** The streams of tables, kept for a day. A table without one costs a look into a map. */
export interface StreamStore {
  /** The stream of a table, if it has one; `label` is the last part of its ARN. */
  streamOf(tableName: string): { label: string; viewType: ViewType } | undefined
  /** Begins a stream, or keeps the one there is, with this view. */
  enable(tableName: string, viewType: ViewType): void
  /** Nothing is recorded any more; what is stays readable under the same stream. */
  disable(tableName: string): void
  /** Before the write. */
  begin(tableName: string, change: Omit<Change, 'sequence' | 'after' | 'atMs'>): number
  /** After it. */
  end(tableName: string, sequence: number, after: Item | undefined): void
  /** It changed nothing. */
  drop(tableName: string, sequence: number): void
  openChanges(tableName: string): OpenChange[]
  /** Ended changes after a sequence number, in order, up to the first that has not ended. */
  read(tableName: string, afterSequence: number, count: number): Change[]
  lastSequence(tableName: string): number
  /** Calls back when there may be more to read, until the returned function is called. */
  onChange(tableName: string, listener: () => void): () => void
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html */
const KEPT_MS = 24 * 60 * 60 * 1_000
/** Old records are looked for with one write in so many. */
const TRIM_EVERY = 500

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS dynamodb_stream (
    table_name TEXT NOT NULL PRIMARY KEY,
    label TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS dynamodb_change (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    table_name TEXT NOT NULL,
    key_json TEXT NOT NULL,
    before_json TEXT,
    after_json TEXT,
    is_expiry INTEGER NOT NULL,
    is_open INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS dynamodb_change_table ON dynamodb_change (table_name, sequence);
  CREATE INDEX IF NOT EXISTS dynamodb_change_time ON dynamodb_change (at_ms);
`

/** Keeps streams in the given database, or in memory; nothing is created in it before a table has a stream. */
export function createStreamStore(options: { db?: DatabaseSync | undefined; nowMs(): number }): StreamStore {
  const { nowMs } = options
  const streams = new Map<string, { label: string; viewType: ViewType }>()
  const listeners = new Map<string, Set<() => void>>()
  let opened: ReturnType<typeof prepare> | undefined
  let writes = 0

  function statements(): ReturnType<typeof prepare> {
    opened ??= prepare(options.db ?? new DatabaseSync(':memory:'))
    return opened
  }

  function tell(tableName: string): void {
    for (const listener of listeners.get(tableName) ?? []) listener()
  }

  return {
    streamOf: (tableName) => streams.get(tableName),
    enable(tableName, viewType) {
      const { insertStream, selectStream } = statements()
      insertStream.run(tableName, new Date(nowMs()).toISOString().replace('Z', ''))
      streams.set(tableName, { label: String(selectStream.get(tableName)?.label), viewType })
    },
    disable: (tableName) => void streams.delete(tableName),
    begin(tableName, { key, before, isExpiry }) {
      const { insert, trim } = statements()
      writes += 1
      if (writes % TRIM_EVERY === 0) trim.run(nowMs() - KEPT_MS)
      const beforeJson = before === undefined ? null : JSON.stringify(before)
      return Number(insert.run(tableName, JSON.stringify(key), beforeJson, isExpiry ? 1 : 0, nowMs()).lastInsertRowid)
    },
    end(tableName, sequence, after) {
      statements().close.run(after === undefined ? null : JSON.stringify(after), sequence)
      tell(tableName)
    },
    drop(tableName, sequence) {
      statements().remove.run(sequence)
      // what came after it can be read now
      tell(tableName)
    },
    openChanges: (tableName) =>
      statements()
        .selectOpen.all(tableName)
        .map((row) => ({
          sequence: Number(row.sequence),
          key: itemOf(row.key_json) ?? {},
          before: itemOf(row.before_json),
        })),
    read(tableName, afterSequence, count) {
      const changes: Change[] = []
      for (const row of statements().select.all(tableName, afterSequence, count)) {
        if (row.is_open === 1) break
        changes.push({
          sequence: Number(row.sequence),
          key: itemOf(row.key_json) ?? {},
          before: itemOf(row.before_json),
          after: itemOf(row.after_json),
          isExpiry: row.is_expiry === 1,
          atMs: Number(row.at_ms),
        })
      }
      return changes
    },
    lastSequence: (tableName) => Number(statements().last.get(tableName)?.value ?? 0),
    onChange(tableName, listener) {
      const known = listeners.get(tableName) ?? new Set()
      listeners.set(tableName, known.add(listener))
      return () => void known.delete(listener)
    },
  }
}

function prepare(db: DatabaseSync) {
  db.exec(SCHEMA)
  return {
    insertStream: db.prepare('INSERT INTO dynamodb_stream VALUES (?, ?) ON CONFLICT DO NOTHING'),
    selectStream: db.prepare('SELECT label FROM dynamodb_stream WHERE table_name = ?'),
    insert: db.prepare(
      `INSERT INTO dynamodb_change (table_name, key_json, before_json, is_expiry, is_open, at_ms) VALUES (?, ?, ?, ?, 1, ?)`,
    ),
    close: db.prepare('UPDATE dynamodb_change SET is_open = 0, after_json = ? WHERE sequence = ?'),
    remove: db.prepare('DELETE FROM dynamodb_change WHERE sequence = ?'),
    trim: db.prepare('DELETE FROM dynamodb_change WHERE at_ms < ?'),
    select: db.prepare('SELECT * FROM dynamodb_change WHERE table_name = ? AND sequence > ? ORDER BY sequence LIMIT ?'),
    selectOpen: db.prepare('SELECT * FROM dynamodb_change WHERE table_name = ? AND is_open = 1 ORDER BY sequence'),
    last: db.prepare('SELECT max(sequence) AS value FROM dynamodb_change WHERE table_name = ?'),
  }
}

function itemOf(json: unknown): Item | undefined {
  return typeof json === 'string' ? (JSON.parse(json) as Item) : undefined
}
