import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { inTransaction } from '../../state/index.ts'
import type { Message, MessageProperties, QoS } from '../message.ts'
import type { RestoredSession, SessionStore, StoredDelivery, StoredSubscription } from './session-store.ts'

const SCHEMA = `
  create table if not exists mqtt_session (
    client_id text primary key,
    protocol_version integer not null,
    expiry_seconds integer not null,
    disconnected_at_ms integer
  ) strict;
  create table if not exists mqtt_subscription (
    client_id text not null,
    filter text not null,
    qos integer not null,
    no_local integer not null,
    primary key (client_id, filter)
  ) strict;
  create table if not exists mqtt_queue (
    position integer primary key autoincrement,
    client_id text not null,
    retain integer not null,
    topic text not null,
    payload blob,
    qos integer not null,
    properties text not null,
    received_at_ms integer not null,
    expires_at_ms integer
  ) strict;
  create index if not exists mqtt_queue_of_client on mqtt_queue (client_id, position);
  create table if not exists mqtt_shared_queue (
    position integer primary key autoincrement,
    share_group text not null,
    topic text not null,
    payload blob,
    qos integer not null,
    properties text not null,
    received_at_ms integer not null,
    expires_at_ms integer
  ) strict;
  create index if not exists mqtt_shared_queue_of_group on mqtt_shared_queue (share_group, position);
  create table if not exists mqtt_retained (
    topic text primary key,
    payload blob,
    qos integer not null,
    properties text not null,
    received_at_ms integer not null,
    expires_at_ms integer
  ) strict;`

type Row = Record<string, SQLOutputValue>

/**
 * A session store on SQLite. Creates its tables when they are missing. Journal mode and other pragmas are the
 * caller's: with WAL every write survives the death of the process. The caller closes `db` after the broker.
 */
export function createSqliteSessionStore(db: DatabaseSync): SessionStore {
  db.exec(SCHEMA)
  const saveSession = db.prepare(`
    insert into mqtt_session (client_id, protocol_version, expiry_seconds, disconnected_at_ms) values (?, ?, ?, ?)
    on conflict (client_id) do update set protocol_version = excluded.protocol_version,
      expiry_seconds = excluded.expiry_seconds, disconnected_at_ms = excluded.disconnected_at_ms`)
  const deleteSession = db.prepare('delete from mqtt_session where client_id = ?')
  const deleteAllSubscriptions = db.prepare('delete from mqtt_subscription where client_id = ?')
  const deleteQueue = db.prepare('delete from mqtt_queue where client_id = ?')
  const saveSubscription = db.prepare(
    'insert or replace into mqtt_subscription (client_id, filter, qos, no_local) values (?, ?, ?, ?)',
  )
  const deleteSubscription = db.prepare('delete from mqtt_subscription where client_id = ? and filter = ?')
  const enqueue = db.prepare(`
    insert into mqtt_queue (client_id, retain, topic, payload, qos, properties, received_at_ms, expires_at_ms)
    select client_id, ?, ?, ?, ?, ?, ?, ? from mqtt_session where client_id = ?`)
  const dequeue = db.prepare('delete from mqtt_queue where position = ?')
  const enqueueShared = db.prepare(`
    insert into mqtt_shared_queue (share_group, topic, payload, qos, properties, received_at_ms, expires_at_ms)
    values (?, ?, ?, ?, ?, ?, ?)`)
  const dequeueShared = db.prepare('delete from mqtt_shared_queue where position = ?')
  const deleteSharedQueue = db.prepare('delete from mqtt_shared_queue where share_group = ?')
  const sharedQueue = db.prepare('select * from mqtt_shared_queue order by share_group, position')
  const saveRetained = db.prepare(`
    insert or replace into mqtt_retained (topic, payload, qos, properties, received_at_ms, expires_at_ms)
    values (?, ?, ?, ?, ?, ?)`)
  const deleteRetained = db.prepare('delete from mqtt_retained where topic = ?')
  const sessions = db.prepare('select * from mqtt_session order by client_id')
  const subscriptionsOf = db.prepare('select * from mqtt_subscription where client_id = ? order by filter')
  const queueOf = db.prepare('select * from mqtt_queue where client_id = ? order by position')
  const retained = db.prepare('select * from mqtt_retained order by topic')

  function append(clientId: string, message: Message, retain: boolean): number {
    const { changes, lastInsertRowid } = enqueue.run(Number(retain), ...columnsOf(message), clientId)
    if (changes !== 1) throw new Error(`no stored session of client ${clientId}`)
    return Number(lastInsertRowid)
  }

  return {
    saveSession(session) {
      const { clientId, protocolVersion, expirySeconds, disconnectedAtMs } = session
      saveSession.run(clientId, protocolVersion, expirySeconds, disconnectedAtMs ?? null)
    },
    deleteSession(clientId) {
      inTransaction(db, () => {
        deleteQueue.run(clientId)
        deleteAllSubscriptions.run(clientId)
        deleteSession.run(clientId)
      })
    },
    saveSubscriptions(clientId, subscriptions) {
      inTransaction(db, () => {
        for (const { filter, qos, noLocal } of subscriptions)
          saveSubscription.run(clientId, filter, qos, Number(noLocal))
      })
    },
    deleteSubscriptions(clientId, filters) {
      inTransaction(db, () => {
        for (const filter of filters) deleteSubscription.run(clientId, filter)
      })
    },
    enqueue(clientIds, message, retain) {
      const [only] = clientIds
      // One statement commits by itself: the common case needs no transaction around it.
      if (clientIds.length === 1 && only !== undefined) return [append(only, message, retain)]
      return inTransaction(db, () => clientIds.map((clientId) => append(clientId, message, retain)))
    },
    dequeue(position) {
      dequeue.run(position)
    },
    enqueueShared(group, message) {
      return Number(enqueueShared.run(group, ...columnsOf(message)).lastInsertRowid)
    },
    dequeueShared(position) {
      dequeueShared.run(position)
    },
    deleteSharedQueue(group) {
      deleteSharedQueue.run(group)
    },
    sharedQueues() {
      const queues = Map.groupBy(sharedQueue.all(), (row) => text(row, 'share_group'))
      return [...queues].map(([group, rows]) => ({
        group,
        queue: rows.map((row) => ({ position: integer(row, 'position'), message: toMessage(row), retain: false })),
      }))
    },
    saveRetained(message) {
      saveRetained.run(...columnsOf(message))
    },
    deleteRetained(topic) {
      deleteRetained.run(topic)
    },
    sessions: () =>
      sessions.all().map((row): RestoredSession => {
        const clientId = text(row, 'client_id')
        return {
          clientId,
          protocolVersion: integer(row, 'protocol_version') === 5 ? 5 : 4,
          expirySeconds: integer(row, 'expiry_seconds'),
          ...(row.disconnected_at_ms === null ? {} : { disconnectedAtMs: integer(row, 'disconnected_at_ms') }),
          subscriptions: subscriptionsOf.all(clientId).map(toSubscription),
          queue: queueOf.all(clientId).map(toDelivery),
        }
      }),
    retained: () => retained.all().map(toMessage),
  }
}

function columnsOf(message: Message) {
  const { topic, payload, qos, properties, receivedAtMs, expiresAtMs } = message
  return [topic, payload, qos, writeProperties(properties), receivedAtMs, expiresAtMs ?? null] as const
}

function toSubscription(row: Row): StoredSubscription {
  return { filter: text(row, 'filter'), qos: toQos(row), noLocal: integer(row, 'no_local') === 1 }
}

function toDelivery(row: Row): StoredDelivery {
  return { position: integer(row, 'position'), message: toMessage(row), retain: integer(row, 'retain') === 1 }
}

function toMessage(row: Row): Message {
  return {
    topic: text(row, 'topic'),
    // SQLite stores an empty blob that has no address as null.
    payload: row.payload instanceof Uint8Array ? Buffer.from(row.payload) : Buffer.alloc(0),
    qos: toQos(row),
    properties: readProperties(text(row, 'properties')),
    receivedAtMs: integer(row, 'received_at_ms'),
    ...(row.expires_at_ms === null ? {} : { expiresAtMs: integer(row, 'expires_at_ms') }),
  }
}

function toQos(row: Row): QoS {
  return integer(row, 'qos') === 1 ? 1 : 0
}

function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new Error(`column ${column}: expected text, got ${typeof value}`)
  return value
}

function integer(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw new Error(`column ${column}: expected an integer, got ${typeof value}`)
  return value
}

type WrittenProperties = Omit<MessageProperties, 'correlationData'> & { correlationData?: string }

function writeProperties({ correlationData, ...rest }: MessageProperties): string {
  const written: WrittenProperties = { ...rest }
  if (correlationData) written.correlationData = correlationData.toString('base64')
  return JSON.stringify(written)
}

function readProperties(json: string): MessageProperties {
  const { correlationData, ...rest } = JSON.parse(json) as WrittenProperties
  return { ...rest, ...(correlationData !== undefined && { correlationData: Buffer.from(correlationData, 'base64') }) }
}
