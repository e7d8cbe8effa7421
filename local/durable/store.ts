import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../state/index.ts'
import { type Execution, type ExecutionFacts, newExecution } from './execution.ts'
import type { HistoryEvent } from './history-event.ts'
import type { Operation } from './operation.ts'

/** Which executions of a function are listed; the newest first, unless `oldestFirst`. */
export interface ExecutionFilter {
  functionName: string
  version?: string | undefined
  name?: string | undefined
  status?: string | undefined
  startedAfterMs?: number | undefined
  startedBeforeMs?: number | undefined
  oldestFirst: boolean
  /** Where the page before ended. */
  after?: number | undefined
  count: number
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS durable_execution (
    position INTEGER PRIMARY KEY,
    arn TEXT NOT NULL UNIQUE,
    function_name TEXT NOT NULL,
    version TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    due_at_ms INTEGER,
    facts_json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS durable_execution_name ON durable_execution (function_name, name);
  CREATE INDEX IF NOT EXISTS durable_execution_due ON durable_execution (due_at_ms);
  CREATE TABLE IF NOT EXISTS durable_operation (
    arn TEXT NOT NULL,
    id TEXT NOT NULL,
    operation_json TEXT NOT NULL,
    UNIQUE (arn, id)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS durable_event (
    arn TEXT NOT NULL,
    event_id INTEGER NOT NULL,
    event_json TEXT NOT NULL,
    PRIMARY KEY (arn, event_id)
  ) STRICT, WITHOUT ROWID;
`

/** Executions on disk: facts, operations and history. */
export function createExecutionStore(db: DatabaseSync) {
  db.exec(SCHEMA)
  const put = db.prepare(`
    INSERT INTO durable_execution (arn, function_name, version, name, status, started_at_ms, due_at_ms, facts_json)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (arn) DO UPDATE SET status = excluded.status, due_at_ms = excluded.due_at_ms, facts_json = excluded.facts_json
  `)
  const putOperation = db.prepare(`
    INSERT INTO durable_operation VALUES (?, ?, ?)
    ON CONFLICT (arn, id) DO UPDATE SET operation_json = excluded.operation_json
  `)
  const addEvent = db.prepare('INSERT INTO durable_event VALUES (?, ?, ?)')
  const one = db.prepare('SELECT facts_json FROM durable_execution WHERE arn = ?')
  const operationsOf = db.prepare('SELECT operation_json FROM durable_operation WHERE arn = ? ORDER BY rowid')
  const named = db.prepare('SELECT arn FROM durable_execution WHERE function_name = ? AND name = ?')
  const running = db.prepare("SELECT arn FROM durable_execution WHERE status = 'RUNNING' ORDER BY position")
  const due = db.prepare('SELECT arn FROM durable_execution WHERE due_at_ms <= ? ORDER BY due_at_ms')
  const nextDue = db.prepare('SELECT min(due_at_ms) AS value FROM durable_execution WHERE due_at_ms > ?')
  const remove = ['durable_execution', 'durable_operation', 'durable_event'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE arn = ?`),
  )
  const listed = (order: 'ASC' | 'DESC') =>
    db.prepare(`
      SELECT position, facts_json FROM durable_execution
      WHERE function_name = ? AND version = coalesce(?, version) AND name = coalesce(?, name)
        AND status = coalesce(?, status) AND started_at_ms > coalesce(?, -1)
        AND started_at_ms < coalesce(?, ${Number.MAX_SAFE_INTEGER})
        AND position ${order === 'ASC' ? '>' : '<'} ?
      ORDER BY position ${order} LIMIT ?
    `)
  const lists = { ASC: listed('ASC'), DESC: listed('DESC') }
  const events = (order: 'ASC' | 'DESC') =>
    db.prepare(`
      SELECT event_json FROM durable_event WHERE arn = ? AND event_id ${order === 'ASC' ? '>' : '<'} ?
      ORDER BY event_id ${order} LIMIT ?
    `)
  const histories = { ASC: events('ASC'), DESC: events('DESC') }
  const arns = (rows: readonly Record<string, unknown>[]) => rows.map(({ arn }) => String(arn))

  return {
    /** Stores the facts and all that is unsaved. */
    save({ facts, unsaved }: Execution, dueAtMs: number | undefined): void {
      const { arn, functionName, version, name, status, startedAtMs } = facts
      inTransaction(db, () => {
        put.run(arn, functionName, version, name, status, startedAtMs, dueAtMs ?? null, JSON.stringify(facts))
        for (const operation of unsaved.operations) putOperation.run(arn, operation.id, JSON.stringify(operation))
        for (const event of unsaved.events) addEvent.run(arn, event.EventId, JSON.stringify(event))
      })
      unsaved.operations.clear()
      unsaved.events.length = 0
    },
    load(arn: string): Execution | undefined {
      const row = one.get(arn)
      if (!row) return undefined
      const operations = operationsOf.all(arn).map((found) => JSON.parse(String(found.operation_json)) as Operation)
      return newExecution(JSON.parse(String(row.facts_json)) as ExecutionFacts, operations)
    },
    findByName: (functionName: string, name: string): string | undefined => arns(named.all(functionName, name))[0],
    running: (): string[] => arns(running.all()),
    due: (nowMs: number): string[] => arns(due.all(nowMs)),
    nextDueMs(nowMs: number): number | undefined {
      const value = nextDue.get(nowMs)?.value
      return value === null || value === undefined ? undefined : Number(value)
    },
    remove(arn: string): void {
      inTransaction(db, () => {
        for (const statement of remove) statement.run(arn)
      })
    },
    list(filter: ExecutionFilter): { facts: ExecutionFacts; position: number }[] {
      const { functionName, version, name, status, startedAfterMs, startedBeforeMs, oldestFirst, count } = filter
      const after = filter.after ?? (oldestFirst ? 0 : Number.MAX_SAFE_INTEGER)
      return lists[oldestFirst ? 'ASC' : 'DESC']
        .all(
          functionName,
          version ?? null,
          name ?? null,
          status ?? null,
          startedAfterMs ?? null,
          startedBeforeMs ?? null,
          after,
          count,
        )
        .map(({ position, facts_json }) => ({ facts: JSON.parse(String(facts_json)), position: Number(position) }))
    },
    /** Events in order, or the newest first, from after the one given. */
    history(arn: string, options: { after?: number | undefined; newestFirst: boolean; count: number }): HistoryEvent[] {
      const { newestFirst, count } = options
      const after = options.after ?? (newestFirst ? Number.MAX_SAFE_INTEGER : 0)
      return histories[newestFirst ? 'DESC' : 'ASC']
        .all(arn, after, count)
        .map(({ event_json }) => JSON.parse(String(event_json)))
    },
  }
}

export type ExecutionStore = ReturnType<typeof createExecutionStore>
