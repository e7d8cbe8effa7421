import { type Change, type StreamStore, sequenceNumber, streamRecord } from '../dynamodb/index.ts'
import type { InvokeResult, JsonValue, LambdaService } from '../lambda/index.ts'
import type { Clock } from '../state/index.ts'
import { failedItems } from './batch-response.ts'
import type { EventSourceMapping, Poller, SourceLog, StreamSettings } from './mapping.ts'
import type { Positions } from './positions.ts'

/** Waits between attempts double up to the last; AWS publishes no numbers. */
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 60_000
/** The one shard there is. */
const SHARD_ID = 'shardId-00000000000000000000-00000000'

/** Tells the queue of a mapping which records were given up. */
export type OnFailure = (queueArn: string, record: JsonValue) => void

export interface StreamServices {
  streams: StreamStore
  positions: Positions
  lambda: Pick<LambdaService, 'invoke'>
  clock: Clock
  onFailure: OnFailure
  log: SourceLog
  onSettled(): void
}

type Attempt = { result: InvokeResult | undefined; failedAt: number | undefined; isPartial: boolean }

/**
 * Reads a table's stream and hands the changes to a function, one batch after the other and in order: what fails is tried again, and holds up what comes
 * after it, until it succeeds, its attempts or its age are used up, or the stream drops it.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 */
export function pollStream(mapping: EventSourceMapping, settings: StreamSettings, services: StreamServices): Poller {
  const { streams, positions, lambda, clock, onFailure, log, onSettled } = services
  const { id, eventSourceArn, functionArn, batchSize } = mapping
  const tableName = eventSourceArn.split('/')[1] ?? ''
  const viewType = streams.streamOf(tableName)?.viewType ?? 'NEW_AND_OLD_IMAGES'
  const stopping = new AbortController()
  let isBusy = false
  /** Between two attempts, which nobody waits for. */
  let isHeldBack = false
  let wake = () => {}
  let position = positions.find(id) ?? (settings.startingPosition === 'LATEST' ? streams.lastSequence(tableName) : 0)
  positions.keep(id, position)
  const unsubscribe = streams.onChange(tableName, () => wake())
  const loop = run()

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const changes = streams.read(tableName, position, batchSize)
      if (changes.length === 0) {
        await pause(undefined)
        continue
      }
      isBusy = true
      await handle(changes)
      isBusy = false
      onSettled()
    }
  }

  /** Until something new is there or the time is over, or the poller stops. */
  async function pause(delayMs: number | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = delayMs === undefined ? undefined : clock.after(delayMs, resolve)
    if (delayMs === undefined) wake = resolve
    stopping.signal.addEventListener('abort', () => resolve(), { once: true })
    if (stopping.signal.aborted) resolve()
    await promise
    wake = () => {}
    cancel?.()
  }

  function advance(change: Change | undefined): void {
    if (!change) return
    position = change.sequence
    positions.keep(id, position)
  }

  async function handle(changes: readonly Change[]): Promise<void> {
    let left = changes
    for (let attempts = 1; left.length > 0 && !stopping.signal.aborted; attempts += 1) {
      const { result, failedAt, isPartial } = await attempt(left)
      if (failedAt === undefined) return advance(left.at(-1))
      advance(left[failedAt - 1])
      left = left.slice(failedAt)
      const condition = exhausted(left, attempts)
      if (condition) {
        giveUp(left, condition, attempts, result)
        return advance(left.at(-1))
      }
      if (settings.bisectsOnError && !isPartial && left.length > 1) {
        const middle = Math.ceil(left.length / 2)
        await handle(left.slice(0, middle))
        await handle(left.slice(middle))
        return
      }
      isHeldBack = true
      onSettled()
      await pause(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1)))
      isHeldBack = false
    }
  }

  async function attempt(changes: readonly Change[]): Promise<Attempt> {
    const Records = changes.map((change) => streamRecord(change, eventSourceArn, viewType))
    try {
      const result = await lambda.invoke(functionArn, { Records } as unknown as JsonValue)
      if (result.functionError) return failedFrom(0, result, false)
      if (!mapping.reportsItemFailures) return { result, failedAt: undefined, isPartial: false }
      const ids = changes.map(({ sequence }) => sequenceNumber(sequence))
      const failed = failedItems(result.payload, ids)
      // the first that failed is where it goes on, also with those after it that had succeeded
      const first = ids.findIndex((one) => failed.has(one))
      return first < 0 ? { result, failedAt: undefined, isPartial: false } : failedFrom(first, result, true)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log({ level: 'warn', event: 'event_source_invoke_failed', eventSourceArn, functionArn, reason })
      return { result: undefined, failedAt: 0, isPartial: false }
    }
  }

  function failedFrom(failedAt: number, result: InvokeResult, isPartial: boolean): Attempt {
    log({ level: 'warn', event: 'event_source_batch_failed', eventSourceArn, functionArn, failedAt })
    return { result, failedAt, isPartial }
  }

  function exhausted([oldest]: readonly Change[], attempts: number): string | undefined {
    const { maximumRetryAttempts: retries, maximumRecordAgeSeconds: seconds } = settings
    if (retries !== undefined && attempts > retries) return 'RetryAttemptsExhausted'
    const isOld = seconds !== undefined && oldest && clock.nowMs() - oldest.atMs > seconds * 1_000
    return isOld ? 'RecordAgeExceeded' : undefined
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html#services-dynamodb-failure-destination-example-sqs-sns */
  function giveUp(changes: readonly Change[], condition: string, attempts: number, result: Attempt['result']): void {
    const first = changes[0]
    const last = changes.at(-1)
    log({
      level: 'error',
      event: 'event_source_records_dropped',
      eventSourceArn,
      functionArn,
      condition,
      count: changes.length,
    })
    if (settings.onFailureArn === undefined || !first || !last) return
    const time = ({ atMs }: Change) => new Date(atMs).toISOString()
    onFailure(settings.onFailureArn, {
      requestContext: {
        requestId: result?.requestId ?? '',
        functionArn,
        condition,
        approximateInvokeCount: attempts,
      },
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        ...(result?.functionError && { functionError: result.functionError }),
      },
      version: '1.0',
      timestamp: new Date(clock.nowMs()).toISOString(),
      DDBStreamBatchInfo: {
        shardId: SHARD_ID,
        startSequenceNumber: sequenceNumber(first.sequence),
        endSequenceNumber: sequenceNumber(last.sequence),
        approximateArrivalOfFirstRecord: time(first),
        approximateArrivalOfLastRecord: time(last),
        batchSize: changes.length,
        streamArn: eventSourceArn,
      },
    })
  }

  return {
    isIdle: () =>
      isHeldBack || stopping.signal.aborted || (!isBusy && streams.read(tableName, position, 1).length === 0),
    iteratorAgeMs() {
      const [oldest] = streams.read(tableName, position, 1)
      return oldest ? Math.max(0, clock.nowMs() - oldest.atMs) : 0
    },
    async stop() {
      stopping.abort()
      unsubscribe()
      await loop
    },
  }
}
