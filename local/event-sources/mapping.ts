/** What a mapping says, after AWS::Lambda::EventSourceMapping. */
export interface EventSourceMapping {
  /** Names the mapping and its position in a stream, over restarts. */
  id: string
  eventSourceArn: string
  functionArn: string
  batchSize: number
  /** The function names what it could not handle; without it a batch succeeds or fails whole. */
  reportsItemFailures: boolean
  /** Queues: batches at work at once. */
  maximumConcurrency: number
  /** Streams; absent for queues. */
  stream?: StreamSettings
}

export interface StreamSettings {
  /** Where to begin when there is no position yet. */
  startingPosition: 'TRIM_HORIZON' | 'LATEST'
  /** Undefined: without end. */
  maximumRetryAttempts: number | undefined
  /** Undefined: until the stream drops it. */
  maximumRecordAgeSeconds: number | undefined
  /** A batch that failed is tried again in halves. */
  bisectsOnError: boolean
  /** The queue that is told which records were given up. */
  onFailureArn: string | undefined
}

/** Something that gives batches to a function until it is stopped. */
export interface Poller {
  /** Whether nothing that could be handed over now is left. */
  isIdle(): boolean
  /** Age of the oldest record that is not handled, 0 for none; undefined for a queue. */
  iteratorAgeMs(): number | undefined
  /** No batch is begun any more; resolves when the last one is done with. */
  stop(): Promise<void>
}

/** Says what happened; never with a record. */
export type SourceLog = (entry: { level: 'info' | 'warn' | 'error'; event: string; [field: string]: unknown }) => void
