import type { DatabaseSync } from 'node:sqlite'
import type { StreamStore } from '../dynamodb/index.ts'
import type { JsonValue, LambdaService } from '../lambda/index.ts'
import type { SqsService } from '../sqs/index.ts'
import { type Clock, createSystemClock } from '../state/index.ts'
import type { EventSourceMapping, Poller, SourceLog } from './mapping.ts'
import { createPositions } from './positions.ts'
import { pollQueue } from './queue-poller.ts'
import { pollStream } from './stream-poller.ts'

/** Event source mappings, by their ids. */
export interface EventSources extends AsyncDisposable {
  /** Adds a mapping; it takes the place of one with the same id. It polls once the service was started. */
  add(mapping: EventSourceMapping): void
  remove(id: string): void
  mappings(): readonly EventSourceMapping[]
  /** How far each function is behind with its streams: the age of the oldest record that it has not handled. */
  iteratorAges(): { functionArn: string; ageMs: number }[]
  /** Begins to poll; call it when all functions are defined. */
  start(): void
  /** Resolves when no mapping has anything to hand over. What a queue holds back (delay, visibility timeout) is not waited for. */
  idle(): Promise<void>
  close(): Promise<void>
}

/** Polls queues and streams on behalf of functions, as the Lambda service does. Close it before what it polls and invokes. */
export function createEventSources(options: {
  db: DatabaseSync
  sqs: SqsService
  streams: StreamStore
  clock?: Clock | undefined
  lambda: Pick<LambdaService, 'invoke'>
  region: string
  log: SourceLog
}): EventSources {
  const { db, sqs, clock = createSystemClock() } = options
  const positions = createPositions(db)
  const onFailure = (queueArn: string, record: JsonValue) => void sqs.send(queueArn, { body: JSON.stringify(record) })
  const mappings = new Map<string, EventSourceMapping>()
  const pollers = new Map<string, Poller>()
  const leaving = new Set<Promise<void>>()
  const idleWaiters: (() => void)[] = []
  let isStarted = false
  let isClosed = false

  function isIdle(): boolean {
    return [...pollers.values()].every((poller) => poller.isIdle())
  }

  function onSettled(): void {
    if (idleWaiters.length === 0 || !(isClosed || isIdle())) return
    for (const resolve of idleWaiters.splice(0)) resolve()
  }

  function open(mapping: EventSourceMapping): void {
    const { stream } = mapping
    const poller = stream
      ? pollStream(mapping, stream, { ...options, clock, positions, onFailure, onSettled })
      : pollQueue(mapping, { ...options, onSettled })
    pollers.set(mapping.id, poller)
  }

  function stop(id: string): void {
    const poller = pollers.get(id)
    pollers.delete(id)
    if (!poller) return
    const left = poller.stop()
    leaving.add(left)
    void left.finally(() => leaving.delete(left))
  }

  async function close(): Promise<void> {
    isClosed = true
    for (const id of [...pollers.keys()]) stop(id)
    await Promise.all(leaving)
    onSettled()
  }

  return {
    add(mapping) {
      stop(mapping.id)
      mappings.set(mapping.id, mapping)
      if (isStarted && !isClosed) open(mapping)
    },
    remove(id) {
      mappings.delete(id)
      stop(id)
    },
    mappings: () => [...mappings.values()],
    iteratorAges() {
      const ages = new Map<string, number>()
      for (const [id, poller] of pollers) {
        const ageMs = poller.iteratorAgeMs()
        const functionArn = mappings.get(id)?.functionArn
        if (ageMs === undefined || functionArn === undefined) continue
        ages.set(functionArn, Math.max(ageMs, ages.get(functionArn) ?? 0))
      }
      return [...ages].map(([functionArn, ageMs]) => ({ functionArn, ageMs }))
    },
    start() {
      if (isStarted || isClosed) return
      isStarted = true
      for (const mapping of mappings.values()) open(mapping)
    },
    async idle() {
      for (;;) {
        // what was just received counts as at work from the next turn on
        await new Promise(setImmediate)
        if (isClosed || isIdle()) return
        await new Promise<void>((resolve) => {
          idleWaiters.push(resolve)
        })
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
