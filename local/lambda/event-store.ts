import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../state/index.ts'

/** An event handed over asynchronously, until it has succeeded or been given up. */
export interface StoredEvent {
  requestId: string
  functionName: string
  payloadJson: string
  enqueuedAtMs: number
  dueAtMs: number
  /** Attempts that ended with a function error; an attempt cut off by the end of the runtime is not among them. */
  attempts: number
  /** Times it was put off without an attempt. */
  delays: number
}

/** A record, or an event given up, on its way to where it is to be kept. */
export interface StoredDelivery {
  requestId: string
  functionName: string
  kind: 'destination' | 'deadLetter'
  targetArn: string
  bodyJson: string
  /** For `kind` destination: the event, for the dead-letter queue should the delivery fail for good. */
  eventJson: string | undefined
  errorCode: number | undefined
  errorMessage: string | undefined
  tries: number
  dueAtMs: number
}

/** Events and deliveries on disk. */
export interface EventStore {
  addEvent(event: StoredEvent): void
  dueEvents(functionName: string, nowMs: number, count: number): StoredEvent[]
  nextEventDueMs(functionName: string, nowMs: number): number | undefined
  /** Stores when the event is to be tried next, and its counts. */
  postponeEvent(event: StoredEvent): void
  /** Removes the event and stores what is to be delivered about it, both or neither. */
  finishEvent(requestId: string, deliveries: readonly StoredDelivery[]): void
  countEvents(functionName: string): number
  /** Function names with events. */
  functionNames(): string[]
  dueDeliveries(nowMs: number, count: number): StoredDelivery[]
  nextDeliveryDueMs(nowMs: number): number | undefined
  postponeDelivery(delivery: StoredDelivery): void
  /** Removes a delivery and stores another in its place, if given. */
  finishDelivery(delivery: StoredDelivery, next?: StoredDelivery): void
  countDeliveries(): number
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS lambda_event (
    request_id TEXT NOT NULL UNIQUE,
    function_name TEXT NOT NULL,
    payload_json TEXT NOT NULL,
    enqueued_at_ms INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    delays INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS lambda_event_due ON lambda_event (function_name, due_at_ms);
  CREATE TABLE IF NOT EXISTS lambda_delivery (
    request_id TEXT NOT NULL,
    function_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    target_arn TEXT NOT NULL,
    body_json TEXT NOT NULL,
    event_json TEXT,
    error_code INTEGER,
    error_message TEXT,
    tries INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    UNIQUE (request_id, kind)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS lambda_delivery_due ON lambda_delivery (due_at_ms);
`

/** Keeps events and deliveries in the given database, creating the tables where missing. */
export function createEventStore(db: DatabaseSync): EventStore {
  db.exec(SCHEMA)
  const insertEvent = db.prepare('INSERT INTO lambda_event VALUES (?, ?, ?, ?, ?, ?, ?)')
  const selectEvents = db.prepare(
    'SELECT * FROM lambda_event WHERE function_name = ? AND due_at_ms <= ? ORDER BY due_at_ms, rowid LIMIT ?',
  )
  const nextEvent = db.prepare(
    'SELECT min(due_at_ms) AS value FROM lambda_event WHERE function_name = ? AND due_at_ms > ?',
  )
  const updateEvent = db.prepare('UPDATE lambda_event SET due_at_ms = ?, attempts = ?, delays = ? WHERE request_id = ?')
  const deleteEvent = db.prepare('DELETE FROM lambda_event WHERE request_id = ?')
  const countEvents = db.prepare('SELECT count(*) AS value FROM lambda_event WHERE function_name = ?')
  const selectNames = db.prepare('SELECT DISTINCT function_name AS value FROM lambda_event')
  const insertDelivery = db.prepare('INSERT INTO lambda_delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const selectDeliveries = db.prepare(
    'SELECT * FROM lambda_delivery WHERE due_at_ms <= ? ORDER BY due_at_ms, rowid LIMIT ?',
  )
  const nextDelivery = db.prepare('SELECT min(due_at_ms) AS value FROM lambda_delivery WHERE due_at_ms > ?')
  const updateDelivery = db.prepare(
    'UPDATE lambda_delivery SET due_at_ms = ?, tries = ? WHERE request_id = ? AND kind = ?',
  )
  const deleteDelivery = db.prepare('DELETE FROM lambda_delivery WHERE request_id = ? AND kind = ?')
  const countDeliveries = db.prepare('SELECT count(*) AS value FROM lambda_delivery')

  function addDelivery(delivery: StoredDelivery): void {
    insertDelivery.run(
      delivery.requestId,
      delivery.functionName,
      delivery.kind,
      delivery.targetArn,
      delivery.bodyJson,
      delivery.eventJson ?? null,
      delivery.errorCode ?? null,
      delivery.errorMessage ?? null,
      delivery.tries,
      delivery.dueAtMs,
    )
  }

  return {
    addEvent(event) {
      const { requestId, functionName, payloadJson, enqueuedAtMs, dueAtMs, attempts, delays } = event
      insertEvent.run(requestId, functionName, payloadJson, enqueuedAtMs, dueAtMs, attempts, delays)
    },
    dueEvents: (functionName, nowMs, count) => selectEvents.all(functionName, nowMs, count).map(eventOf),
    nextEventDueMs: (functionName, nowMs) => optionalNumber(nextEvent.get(functionName, nowMs)?.value),
    postponeEvent({ requestId, dueAtMs, attempts, delays }) {
      updateEvent.run(dueAtMs, attempts, delays, requestId)
    },
    finishEvent(requestId, deliveries) {
      if (deliveries.length === 0) {
        deleteEvent.run(requestId)
        return
      }
      inTransaction(db, () => {
        for (const delivery of deliveries) addDelivery(delivery)
        deleteEvent.run(requestId)
      })
    },
    countEvents: (functionName) => Number(countEvents.get(functionName)?.value),
    functionNames: () => selectNames.all().map((row) => String(row.value)),
    dueDeliveries: (nowMs, count) => selectDeliveries.all(nowMs, count).map(deliveryOf),
    nextDeliveryDueMs: (nowMs) => optionalNumber(nextDelivery.get(nowMs)?.value),
    postponeDelivery({ requestId, kind, dueAtMs, tries }) {
      updateDelivery.run(dueAtMs, tries, requestId, kind)
    },
    finishDelivery({ requestId, kind }, next) {
      inTransaction(db, () => {
        deleteDelivery.run(requestId, kind)
        if (next) addDelivery(next)
      })
    },
    countDeliveries: () => Number(countDeliveries.get()?.value),
  }
}

type Row = Record<string, unknown>

function eventOf(row: Row): StoredEvent {
  return {
    requestId: String(row.request_id),
    functionName: String(row.function_name),
    payloadJson: String(row.payload_json),
    enqueuedAtMs: Number(row.enqueued_at_ms),
    dueAtMs: Number(row.due_at_ms),
    attempts: Number(row.attempts),
    delays: Number(row.delays),
  }
}

function deliveryOf(row: Row): StoredDelivery {
  return {
    requestId: String(row.request_id),
    functionName: String(row.function_name),
    kind: row.kind === 'deadLetter' ? 'deadLetter' : 'destination',
    targetArn: String(row.target_arn),
    bodyJson: String(row.body_json),
    eventJson: optionalString(row.event_json),
    errorCode: optionalNumber(row.error_code),
    errorMessage: optionalString(row.error_message),
    tries: Number(row.tries),
    dueAtMs: Number(row.due_at_ms),
  }
}

function optionalNumber(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value)
}

function optionalString(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : String(value)
}
