import type { DatabaseSync } from 'node:sqlite'
import { type Count, uncounted } from '../meter/index.ts'
import { indexKeys, meterCapacity } from './capacity.ts'
import { type DynamoDbResult, openEngine } from './engine.ts'
import { DynamoDbError, validationFailure } from './errors.ts'
import { createKeyLocks } from './key-locks.ts'
import { createKeySchemas } from './key-schemas.ts'
import { captureChanges, endOpenChanges } from './streams/capture.ts'
import { createStreamStore, type StreamStore, type ViewType } from './streams/stream-store.ts'
import { createTableNames, isRecord } from './table-names.ts'
import { ensureTable } from './tables.ts'
import { createTimeToLive } from './time-to-live.ts'
import { createWrites } from './writes.ts'

type Body = Readonly<Record<string, unknown>>

export interface DynamoDbOptions {
  /**
   * Folder of the data, created with mode 0700; absent: in memory. The caller makes sure that no other process has it open: the
   * error of a locked store reaches nobody inside dynalite and would end this process.
   */
  readonly path?: string
  /** Default `us-east-1`. */
  readonly region?: string
  /** Default `000000000000`. */
  readonly accountId?: string
  /** Where streams are kept. Default: in memory. */
  readonly db?: DatabaseSync
  /** Default: the machine's clock. */
  readonly clock?: { nowMs(): number }
  /** Told of the capacity that calls consume. Default: nobody is. */
  readonly count?: Count
}

export interface CreatedTable {
  readonly tableName: string
  readonly tableArn: string
  /** Of a table with a stream. */
  readonly streamArn?: string
  /** False when the table was there already. */
  readonly created: boolean
}

/** Calls since the start by table name and operation. */
export type CallCounts = Readonly<Record<string, Readonly<Record<string, number>>>>

export interface DynamoDb extends AsyncDisposable {
  /** Runs one operation (`PutItem`) of the JSON 1.0 protocol. Errors are results with status 400, as in the protocol. */
  handle(operation: string, body: Body): Promise<DynamoDbResult>
  /**
   * Creates the table that properties of `AWS::DynamoDB::Table` describe, under their TableName or else `defaultName`. A
   * table that exists is kept. Throws DynamoDbError TABLE_CHANGED when its keys or indexes differ, TABLE_NOT_CREATED with
   * DynamoDB's own reason.
   */
  createTable(properties: Body, defaultName: string): Promise<CreatedTable>
  tableArn(tableNameOrArn: string): string
  /** What changes in tables that have a stream. */
  readonly streams: StreamStore
  /** Deletes the items whose time to live has run out; resolves to their number. Never runs by itself. */
  sweepExpired(): Promise<number>
  counts(): CallCounts
  close(): Promise<void>
}

const NO_TABLE = '(no table)'
const ARN_OPERATIONS = new Set(['CreateTable', 'DescribeTable', 'UpdateTable', 'DeleteTable'])

/**
 * DynamoDB on dynalite in this process, with what dynalite lacks: the old item on a failed condition, time to live, continuous
 * backups (accepted, without effect), ARNs as table names. Transactions and PartiQL answer UnknownOperationException.
 */
export function createDynamoDb(options: DynamoDbOptions = {}): DynamoDb {
  const { region = 'us-east-1', accountId = '000000000000', clock = { nowMs: () => Date.now() } } = options
  const names = createTableNames({ region, accountId })
  const engine = openEngine({ path: options.path })
  const schemas = createKeySchemas(engine)
  const locks = createKeyLocks()
  const streams = createStreamStore({ db: options.db, nowMs: () => clock.nowMs() })
  const writes = createWrites(captureChanges(engine, { streams, schemas }), locks, schemas)
  const expiries = createWrites(captureChanges(engine, { streams, schemas, isExpiry: true }), locks, schemas)
  const timeToLive = createTimeToLive({ engine, writes: expiries, schemas, nowMs: () => clock.nowMs() })
  const backups = new Set<string>()
  const indexes = new Map<string, string[][]>()
  const counts = new Map<string, Map<string, number>>()

  function count(operation: string, body: Body): void {
    const batchTables = isRecord(body.RequestItems) ? Object.keys(body.RequestItems) : undefined
    for (const table of batchTables ?? [typeof body.TableName === 'string' ? body.TableName : NO_TABLE]) {
      const operations = counts.get(table) ?? new Map<string, number>()
      counts.set(table, operations.set(operation, (operations.get(operation) ?? 0) + 1))
    }
  }

  async function continuousBackups(operation: string, body: Body): Promise<DynamoDbResult> {
    const table = await engine.run('DescribeTable', { TableName: body.TableName })
    if (table.status !== 200) return table
    const tableName = String(body.TableName)
    if (operation === 'UpdateContinuousBackups') {
      const specification = body.PointInTimeRecoverySpecification
      if (!isRecord(specification) || typeof specification.PointInTimeRecoveryEnabled !== 'boolean') {
        return validationFailure('PointInTimeRecoverySpecification: expected a boolean PointInTimeRecoveryEnabled')
      }
      if (specification.PointInTimeRecoveryEnabled) backups.add(tableName)
      else backups.delete(tableName)
    }
    const recovery = { PointInTimeRecoveryStatus: backups.has(tableName) ? 'ENABLED' : 'DISABLED' }
    const description = { ContinuousBackupsStatus: 'ENABLED', PointInTimeRecoveryDescription: recovery }
    return { status: 200, body: JSON.stringify({ ContinuousBackupsDescription: description }) }
  }

  async function handle(operation: string, original: Body): Promise<DynamoDbResult> {
    const body = names.withPlainNames(original)
    count(operation, body)
    switch (operation) {
      case 'PutItem':
      case 'UpdateItem':
      case 'DeleteItem':
        return writes.one(operation, body)
      case 'BatchWriteItem':
        return names.withRequestedNames(await writes.batch(body), original)
      case 'BatchGetItem':
        return names.withRequestedNames(await engine.run(operation, body), original)
      case 'UpdateTimeToLive':
        return timeToLive.update(body)
      case 'DescribeTimeToLive':
        return timeToLive.describe(body)
      case 'UpdateContinuousBackups':
      case 'DescribeContinuousBackups':
        return continuousBackups(operation, body)
      case 'UpdateTable':
        // dynalite would answer success and change nothing.
        if (body.GlobalSecondaryIndexUpdates !== undefined) {
          return validationFailure('the local runtime cannot change indexes of a table; create it anew')
        }
        return names.withOwnArns(await engine.run(operation, body))
      case 'DeleteTable':
        schemas.forget(String(body.TableName))
        timeToLive.set(String(body.TableName), undefined)
        return names.withOwnArns(await engine.run(operation, body))
      default: {
        const result = await engine.run(operation, body)
        return ARN_OPERATIONS.has(operation) ? names.withOwnArns(result) : result
      }
    }
  }

  async function setStream(tableName: string, tableArn: string, specification: unknown): Promise<string | undefined> {
    const viewType = isRecord(specification) ? specification.StreamViewType : undefined
    if (viewType === undefined) {
      streams.disable(tableName)
      return undefined
    }
    if (!isViewType(viewType)) {
      throw new DynamoDbError('TABLE_NOT_CREATED', `table ${tableName}: no StreamViewType ${String(viewType)}`)
    }
    streams.enable(tableName, viewType)
    await endOpenChanges(engine, streams, tableName)
    return `${tableArn}/stream/${streams.streamOf(tableName)?.label}`
  }

  const close = () => engine.close()
  return {
    handle: meterCapacity(handle, options.count ?? uncounted, (tableName) => indexes.get(tableName) ?? []),
    async createTable(properties, defaultName) {
      const { TableName } = properties
      const tableName = typeof TableName === 'string' ? TableName : defaultName
      const { created } = await ensureTable(engine, tableName, properties, options.path)
      timeToLive.set(tableName, enabledAttribute(properties.TimeToLiveSpecification))
      indexes.set(tableName, indexKeys(properties))
      const tableArn = names.arnOf(tableName)
      const streamArn = await setStream(tableName, tableArn, properties.StreamSpecification)
      return { tableName, tableArn, created, ...(streamArn && { streamArn }) }
    },
    streams,
    tableArn: (tableNameOrArn) => names.arnOf(tableNameOrArn),
    sweepExpired: () => timeToLive.sweepExpired(),
    counts() {
      return Object.fromEntries([...counts].map(([table, operations]) => [table, Object.fromEntries(operations)]))
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function enabledAttribute(specification: unknown): string | undefined {
  if (!isRecord(specification) || typeof specification.AttributeName !== 'string') return undefined
  return specification.Enabled === true || specification.Enabled === 'true' ? specification.AttributeName : undefined
}

const VIEW_TYPES = new Set<unknown>(['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES'])

function isViewType(value: unknown): value is ViewType {
  return VIEW_TYPES.has(value)
}
