import type { DatabaseSync } from 'node:sqlite'
import type { RuleTarget } from './rules.ts'

/** An event on its way to one target, with what was decided when it was matched. */
export interface BusDelivery {
  id: string
  ruleArn: string
  target: RuleTarget
  eventJson: string
  /** What the target is given. */
  input: string
  acceptedAtMs: number
  dueAtMs: number
  /** Attempts that failed. */
  attempts: number
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS bus_delivery (
    id TEXT NOT NULL UNIQUE,
    rule_arn TEXT NOT NULL,
    target_json TEXT NOT NULL,
    event_json TEXT NOT NULL,
    input TEXT NOT NULL,
    accepted_at_ms INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS bus_delivery_due ON bus_delivery (due_at_ms);
`

/** Deliveries on disk. */
export function createDeliveryStore(db: DatabaseSync) {
  db.exec(SCHEMA)
  const insert = db.prepare('INSERT INTO bus_delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  const due = db.prepare('SELECT * FROM bus_delivery WHERE due_at_ms <= ? ORDER BY due_at_ms, rowid LIMIT ?')
  const nextDue = db.prepare('SELECT min(due_at_ms) AS value FROM bus_delivery WHERE due_at_ms > ?')
  const postpone = db.prepare('UPDATE bus_delivery SET due_at_ms = ?, attempts = ? WHERE id = ?')
  const remove = db.prepare('DELETE FROM bus_delivery WHERE id = ?')
  const count = db.prepare('SELECT count(*) AS value FROM bus_delivery')

  return {
    add({ id, ruleArn, target, eventJson, input, acceptedAtMs, dueAtMs, attempts }: BusDelivery): void {
      insert.run(id, ruleArn, JSON.stringify(target), eventJson, input, acceptedAtMs, dueAtMs, attempts)
    },
    due: (nowMs: number, limit: number): BusDelivery[] =>
      due.all(nowMs, limit).map((row) => ({
        id: String(row.id),
        ruleArn: String(row.rule_arn),
        target: JSON.parse(String(row.target_json)) as RuleTarget,
        eventJson: String(row.event_json),
        input: String(row.input),
        acceptedAtMs: Number(row.accepted_at_ms),
        dueAtMs: Number(row.due_at_ms),
        attempts: Number(row.attempts),
      })),
    nextDueMs(nowMs: number): number | undefined {
      const value = nextDue.get(nowMs)?.value
      return value === null || value === undefined ? undefined : Number(value)
    },
    postpone({ id, dueAtMs, attempts }: BusDelivery): void {
      postpone.run(dueAtMs, attempts, id)
    },
    remove({ id }: Pick<BusDelivery, 'id'>): void {
      remove.run(id)
    },
    count: (): number => Number(count.get()?.value),
  }
}
