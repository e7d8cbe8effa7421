import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../state/index.ts'

export type StatesStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html */
export interface StatesExecution {
  arn: string
  machineArn: string
  name: string
  status: StatesStatus
  startedAtMs: number
  stoppedAtMs?: number
  /** JSON. */
  input: string
  /** JSON. */
  output?: string
  error?: string | undefined
  cause?: string | undefined
}

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html, with the time in seconds. */
export interface StatesHistoryEvent {
  id: number
  previousEventId: number
  timestamp: number
  type: string
  [details: string]: unknown
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS states_execution (
    position INTEGER PRIMARY KEY,
    arn TEXT NOT NULL UNIQUE,
    machine_arn TEXT NOT NULL,
    status TEXT NOT NULL,
    execution_json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS states_execution_machine ON states_execution (machine_arn, status);
  CREATE TABLE IF NOT EXISTS states_event (
    arn TEXT NOT NULL,
    event_id INTEGER NOT NULL,
    event_json TEXT NOT NULL,
    PRIMARY KEY (arn, event_id)
  ) STRICT, WITHOUT ROWID;
`

/** Executions of state machines and their history, on disk. */
export function createStatesStore(db: DatabaseSync) {
  db.exec(SCHEMA)
  const put = db.prepare(`
    INSERT INTO states_execution (arn, machine_arn, status, execution_json) VALUES (?, ?, ?, ?)
    ON CONFLICT (arn) DO UPDATE SET status = excluded.status, execution_json = excluded.execution_json
  `)
  const one = db.prepare('SELECT execution_json FROM states_execution WHERE arn = ?')
  const list = db.prepare(`
    SELECT position, execution_json FROM states_execution
    WHERE machine_arn = ? AND status = coalesce(?, status) AND position < ? ORDER BY position DESC LIMIT ?
  `)
  const running = db.prepare("SELECT execution_json FROM states_execution WHERE status = 'RUNNING' ORDER BY position")
  const addEvent = db.prepare('INSERT INTO states_event VALUES (?, ?, ?)')
  const lastEvent = db.prepare('SELECT coalesce(max(event_id), 0) AS value FROM states_event WHERE arn = ?')
  const events = (order: 'ASC' | 'DESC') =>
    db.prepare(`
      SELECT event_json FROM states_event WHERE arn = ? AND event_id ${order === 'ASC' ? '>' : '<'} ?
      ORDER BY event_id ${order} LIMIT ?
    `)
  const histories = { ASC: events('ASC'), DESC: events('DESC') }
  const read = (row: Record<string, unknown>) => JSON.parse(String(row.execution_json)) as StatesExecution

  return {
    save(execution: StatesExecution): void {
      put.run(execution.arn, execution.machineArn, execution.status, JSON.stringify(execution))
    },
    find(arn: string): StatesExecution | undefined {
      const row = one.get(arn)
      return row && read(row)
    },
    running: (): StatesExecution[] => running.all().map(read),
    /** The newest first. */
    list(machineArn: string, options: { status?: string | undefined; before?: number | undefined; count: number }) {
      const before = options.before ?? Number.MAX_SAFE_INTEGER
      return list
        .all(machineArn, options.status ?? null, before, options.count)
        .map((row) => ({ execution: read(row), position: Number(row.position) }))
    },
    record(arn: string, type: string, nowMs: number, details: Record<string, unknown>): void {
      inTransaction(db, () => {
        const previousEventId = Number(lastEvent.get(arn)?.value)
        const id = previousEventId + 1
        const event: StatesHistoryEvent = { id, previousEventId, timestamp: nowMs / 1_000, type, ...details }
        addEvent.run(arn, id, JSON.stringify(event))
      })
    },
    history(
      arn: string,
      options: { after?: number | undefined; newestFirst: boolean; count: number },
    ): StatesHistoryEvent[] {
      const after = options.after ?? (options.newestFirst ? Number.MAX_SAFE_INTEGER : 0)
      return histories[options.newestFirst ? 'DESC' : 'ASC']
        .all(arn, after, options.count)
        .map(({ event_json }) => JSON.parse(String(event_json)) as StatesHistoryEvent)
    },
  }
}

export type StatesStore = ReturnType<typeof createStatesStore>
