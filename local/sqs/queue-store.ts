import type { DatabaseSync } from 'node:sqlite'
import type { MessageAttribute } from './message.ts'
import type { QueueAttributes } from './queue-settings.ts'

/** A queue on disk. */
export interface StoredQueue {
  arn: string
  name: string
  attributes: QueueAttributes
  createdAtMs: number
  modifiedAtMs: number
}

/** A message on disk. */
export interface StoredMessage {
  messageId: string
  queueArn: string
  body: string
  attributes: Readonly<Record<string, string>>
  messageAttributes: Readonly<Record<string, MessageAttribute>>
  sentAtMs: number
  visibleAtMs: number
  receiveCount: number
  firstReceivedAtMs: number | undefined
  /** Of the last receipt. */
  receiptHandle: string | undefined
}

/** Messages of a queue by what can be done with them at a moment. */
export interface MessageCounts {
  visible: number
  /** Received and not yet deleted, until their visibility timeout ends. */
  notVisible: number
  /** Not received yet, since they were sent with a delay. */
  delayed: number
}

/** Queues and messages on disk. */
export interface QueueStore {
  putQueue(queue: StoredQueue): void
  queues(): StoredQueue[]
  addMessage(message: StoredMessage): void
  /** In the order they became visible. */
  visibleMessages(queueArn: string, nowMs: number, count: number): StoredMessage[]
  nextVisibleMs(queueArn: string, nowMs: number): number | undefined
  /** Stores queue, times, attributes, counts and receipt handle. */
  updateMessage(message: StoredMessage): void
  messageByHandle(receiptHandle: string): StoredMessage | undefined
  removeByHandle(receiptHandle: string): void
  /** Removes what was sent at that time or before. */
  removeSentUntil(queueArn: string, sentAtMs: number): void
  counts(queueArn: string, nowMs: number): MessageCounts
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sqs_queue (
    arn TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    attributes_json TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    modified_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sqs_message (
    message_id TEXT NOT NULL UNIQUE,
    queue_arn TEXT NOT NULL,
    body TEXT NOT NULL,
    attributes_json TEXT NOT NULL,
    message_attributes_json TEXT NOT NULL,
    sent_at_ms INTEGER NOT NULL,
    visible_at_ms INTEGER NOT NULL,
    receive_count INTEGER NOT NULL,
    first_received_at_ms INTEGER,
    receipt_handle TEXT UNIQUE
  ) STRICT;
  CREATE INDEX IF NOT EXISTS sqs_message_visible ON sqs_message (queue_arn, visible_at_ms);
  CREATE INDEX IF NOT EXISTS sqs_message_sent ON sqs_message (queue_arn, sent_at_ms);
`

/** Keeps queues in the given database, creating the tables where missing. */
export function createQueueStore(db: DatabaseSync): QueueStore {
  db.exec(SCHEMA)
  const upsertQueue = db.prepare(
    `INSERT INTO sqs_queue VALUES (?, ?, ?, ?, ?) ON CONFLICT (arn)
     DO UPDATE SET attributes_json = excluded.attributes_json, modified_at_ms = excluded.modified_at_ms`,
  )
  const selectQueues = db.prepare('SELECT * FROM sqs_queue ORDER BY name')
  const insertMessage = db.prepare('INSERT INTO sqs_message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const selectVisible = db.prepare(
    'SELECT * FROM sqs_message WHERE queue_arn = ? AND visible_at_ms <= ? ORDER BY visible_at_ms, rowid LIMIT ?',
  )
  const nextVisible = db.prepare(
    'SELECT min(visible_at_ms) AS value FROM sqs_message WHERE queue_arn = ? AND visible_at_ms > ?',
  )
  const updateMessage = db.prepare(
    `UPDATE sqs_message SET queue_arn = ?, attributes_json = ?, visible_at_ms = ?, receive_count = ?,
     first_received_at_ms = ?, receipt_handle = ? WHERE message_id = ?`,
  )
  const selectByHandle = db.prepare('SELECT * FROM sqs_message WHERE receipt_handle = ?')
  const deleteByHandle = db.prepare('DELETE FROM sqs_message WHERE receipt_handle = ?')
  const deleteSent = db.prepare('DELETE FROM sqs_message WHERE queue_arn = ? AND sent_at_ms <= ?')
  const count = db.prepare(
    `SELECT count(*) FILTER (WHERE visible_at_ms <= :now) AS visible,
     count(*) FILTER (WHERE visible_at_ms > :now AND receipt_handle IS NOT NULL) AS not_visible,
     count(*) FILTER (WHERE visible_at_ms > :now AND receipt_handle IS NULL) AS delayed
     FROM sqs_message WHERE queue_arn = :arn`,
  )

  return {
    putQueue({ arn, name, attributes, createdAtMs, modifiedAtMs }) {
      upsertQueue.run(arn, name, JSON.stringify(attributes), createdAtMs, modifiedAtMs)
    },
    queues: () =>
      selectQueues.all().map((row) => ({
        arn: String(row.arn),
        name: String(row.name),
        attributes: JSON.parse(String(row.attributes_json)),
        createdAtMs: Number(row.created_at_ms),
        modifiedAtMs: Number(row.modified_at_ms),
      })),
    addMessage(message) {
      insertMessage.run(
        message.messageId,
        message.queueArn,
        message.body,
        JSON.stringify(message.attributes),
        JSON.stringify(message.messageAttributes),
        message.sentAtMs,
        message.visibleAtMs,
        message.receiveCount,
        message.firstReceivedAtMs ?? null,
        message.receiptHandle ?? null,
      )
    },
    visibleMessages: (queueArn, nowMs, limit) => selectVisible.all(queueArn, nowMs, limit).map(messageOf),
    nextVisibleMs: (queueArn, nowMs) => optionalNumber(nextVisible.get(queueArn, nowMs)?.value),
    updateMessage({ queueArn, attributes, visibleAtMs, receiveCount, firstReceivedAtMs, receiptHandle, messageId }) {
      const received = [firstReceivedAtMs ?? null, receiptHandle ?? null] as const
      updateMessage.run(queueArn, JSON.stringify(attributes), visibleAtMs, receiveCount, ...received, messageId)
    },
    messageByHandle(receiptHandle) {
      const row = selectByHandle.get(receiptHandle)
      return row && messageOf(row)
    },
    removeByHandle(receiptHandle) {
      deleteByHandle.run(receiptHandle)
    },
    removeSentUntil(queueArn, sentAtMs) {
      deleteSent.run(queueArn, sentAtMs)
    },
    counts(queueArn, nowMs) {
      const row = count.get({ now: nowMs, arn: queueArn })
      return { visible: Number(row?.visible), notVisible: Number(row?.not_visible), delayed: Number(row?.delayed) }
    },
  }
}

function messageOf(row: Record<string, unknown>): StoredMessage {
  const handle = row.receipt_handle
  return {
    messageId: String(row.message_id),
    queueArn: String(row.queue_arn),
    body: String(row.body),
    attributes: JSON.parse(String(row.attributes_json)),
    messageAttributes: JSON.parse(String(row.message_attributes_json)),
    sentAtMs: Number(row.sent_at_ms),
    visibleAtMs: Number(row.visible_at_ms),
    receiveCount: Number(row.receive_count),
    firstReceivedAtMs: optionalNumber(row.first_received_at_ms),
    receiptHandle: handle === null ? undefined : String(handle),
  }
}

function optionalNumber(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value)
}
