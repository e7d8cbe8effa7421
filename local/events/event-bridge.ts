import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { createDueWork, type JsonValue } from '../lambda/index.ts'
import { type Count, stepsOf, uncounted } from '../meter/index.ts'
import { type Clock, createSystemClock, inTransaction } from '../state/index.ts'
import { type BusDelivery, createDeliveryStore } from './delivery-store.ts'
import { type BusEvent, eventTime } from './event.ts'
import { inputOf } from './input.ts'
import { type BusRegistry, createBusRegistry, DEFAULT_BUS } from './rules.ts'

/** Waits between attempts: doubled each time between these. AWS says that they grow and gives no number. */
export const DELIVERY_RETRY_MS = { min: 1_000, max: 600_000 } as const
const MAX_CONCURRENT_DELIVERIES = 16

/** Why a target did not take an event. What is `permanent` is not tried again: a permission that is missing, a target that is gone. */
export class BusTargetError extends Error {
  override readonly name = 'BusTargetError'
  readonly code: string
  readonly isPermanent: boolean

  constructor(code: string, message: string, isPermanent: boolean) {
    super(message)
    this.code = code
    this.isPermanent = isPermanent
  }
}

/** What targets are reached by. Both reject with BusTargetError, or with anything else that may pass. */
export interface BusTargets {
  send(delivery: BusDelivery): Promise<void>
  /** To the dead-letter queue of the target, with what its message attributes say. */
  bury(queueArn: string, delivery: BusDelivery, attributes: Readonly<Record<string, string>>): Promise<void>
}

export type EventLog = (entry: { level: 'info' | 'warn' | 'error'; event: string; [field: string]: unknown }) => void

export interface NewEvent {
  source: string
  detailType: string
  detail: Record<string, JsonValue>
  resources?: string[]
  /** Default: now. */
  timeMs?: number | undefined
  /** Default `default`. */
  busName?: string
}

/** Event buses: events are matched when they are put, and delivered at least once, over restarts too. */
export interface EventBridge {
  readonly registry: BusRegistry
  /** Stores what is to be delivered, within the transaction that is open if one is. Returns the id of the event. */
  put(event: NewEvent): string
  /** Events by bus, and how many deliveries they made. */
  counts(): Readonly<Record<string, { events: number; deliveries: number }>>
  /** Begins to deliver, what is stored of an earlier run included. */
  start(): void
  active(): number
  idle(): Promise<void>
  close(): Promise<void>
}

export function createEventBridge(options: {
  db: DatabaseSync
  account: { region: string; accountId: string }
  targets: BusTargets
  log: EventLog
  clock?: Clock | undefined
  newId?: (() => string) | undefined
  count?: Count
}): EventBridge {
  const { db, account, targets, log, clock = createSystemClock(), newId = randomUUID, count = uncounted } = options
  const registry = createBusRegistry(`arn:aws:events:${account.region}:${account.accountId}`)
  const store = createDeliveryStore(db)
  const counters = new Map<string, { events: number; deliveries: number }>()
  const idleWaiters: (() => void)[] = []

  function put({ source, detailType, detail, resources = [], busName = DEFAULT_BUS, ...given }: NewEvent): string {
    const nowMs = clock.nowMs()
    const event: BusEvent = {
      version: '0',
      id: newId(),
      'detail-type': detailType,
      source,
      account: account.accountId,
      time: eventTime(given.timeMs ?? nowMs),
      region: account.region,
      resources,
      detail,
    }
    const deliveries = deliveriesOf(event, busName, nowMs)
    inTransaction(db, () => {
      for (const delivery of deliveries) store.add(delivery)
    })
    // https://aws.amazon.com/eventbridge/pricing/: what AWS services say of themselves is free
    if (!source.startsWith('aws.')) {
      count('events.published', busName, stepsOf('events', Buffer.byteLength(JSON.stringify(event))))
    }
    const counter = counters.get(busName) ?? { events: 0, deliveries: 0 }
    counters.set(busName, { events: counter.events + 1, deliveries: counter.deliveries + deliveries.length })
    // after the transaction that this may be part of
    queueMicrotask(() => {
      for (const delivery of deliveries) work.offer(delivery)
    })
    return event.id
  }

  function deliveriesOf(event: BusEvent, busName: string, nowMs: number): BusDelivery[] {
    const matching = [...registry.rules.values()].filter(
      (rule) => rule.busName === busName && rule.isEnabled && rule.matches(event),
    )
    const eventJson = JSON.stringify(event)
    const ingestedAt = new Date(nowMs).toISOString()
    return matching.flatMap(({ arn: ruleArn, name: ruleName, targets: all }) =>
      all.map((target) => ({
        id: newId(),
        ruleArn,
        target,
        eventJson,
        input: inputOf(event, target.input, { ruleArn, ruleName, ingestedAt }),
        ...{ acceptedAtMs: nowMs, dueAtMs: nowMs, attempts: 0 },
      })),
    )
  }

  /** Resolves to the time of the next attempt, if there is to be one. */
  async function run(delivery: BusDelivery): Promise<number | undefined> {
    try {
      await targets.send(delivery)
      store.remove(delivery)
      return undefined
    } catch (error) {
      return failed(delivery, error)
    }
  }

  async function failed(delivery: BusDelivery, error: unknown): Promise<number | undefined> {
    const { target, ruleArn, acceptedAtMs } = delivery
    const attempts = delivery.attempts + 1
    const delayMs = Math.min(DELIVERY_RETRY_MS.min * 2 ** delivery.attempts, DELIVERY_RETRY_MS.max)
    const dueAtMs = clock.nowMs() + delayMs
    const isTooOld = dueAtMs > acceptedAtMs + target.maximumEventAgeSeconds * 1_000
    const isTooOften = attempts > target.maximumRetryAttempts
    const isPermanent = error instanceof BusTargetError && error.isPermanent
    const code = error instanceof BusTargetError ? error.code : 'SDK_CLIENT_ERROR'
    const reason = error instanceof Error ? error.message : String(error)
    if (!isPermanent && !isTooOften && !isTooOld) {
      log({ level: 'warn', event: 'bus_delivery_delayed', rule: ruleArn, target: target.arn, code, reason, delayMs })
      store.postpone({ ...delivery, attempts, dueAtMs })
      return dueAtMs
    }
    log({ level: 'error', event: 'bus_delivery_failed', rule: ruleArn, target: target.arn, code, reason, attempts })
    const exhausted = isTooOften ? 'MaximumRetryAttempts' : 'MaximumEventAgeInSeconds'
    const attributes = {
      RULE_ARN: ruleArn,
      TARGET_ARN: target.arn,
      ERROR_CODE: code,
      ERROR_MESSAGE: reason,
      ...(!isPermanent && { EXHAUSTED_RETRY_CONDITION: exhausted }),
      RETRY_ATTEMPTS: String(delivery.attempts),
    }
    await bury(delivery, attributes)
    store.remove(delivery)
    return undefined
  }

  async function bury(delivery: BusDelivery, attributes: Readonly<Record<string, string>>): Promise<void> {
    const { deadLetterArn } = delivery.target
    if (deadLetterArn === undefined) return
    try {
      await targets.bury(deadLetterArn, delivery, attributes)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log({ level: 'error', event: 'bus_dead_letter_failed', rule: delivery.ruleArn, queue: deadLetterArn, reason })
    }
  }

  function onSettled(): void {
    if (work.active() > 0) return
    for (const resolve of idleWaiters.splice(0)) resolve()
  }

  const work = createDueWork<BusDelivery>({
    clock,
    limit: () => MAX_CONCURRENT_DELIVERIES,
    keyOf: ({ id }) => id,
    load: (nowMs, count) => store.due(nowMs, count),
    nextDueMs: (nowMs) => store.nextDueMs(nowMs),
    run,
    onError: ({ ruleArn }, error) =>
      log({ level: 'error', event: 'state_failed', rule: ruleArn, reason: String(error) }),
    onSettled,
  })

  return {
    registry,
    put,
    counts: () => Object.fromEntries(counters),
    start: () => work.start(),
    active: () => work.active(),
    async idle() {
      // what was put just now is offered in a microtask
      await Promise.resolve()
      if (work.active() === 0) return
      await new Promise<void>((resolve) => {
        idleWaiters.push(resolve)
      })
    },
    close: () => work.close(),
  }
}
