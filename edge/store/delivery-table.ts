import type { DatabaseSync } from 'node:sqlite'

/** One message on its way to one callback. */
export interface Delivery {
  readonly id: number
  readonly subscriptionId: number
  readonly url: string
  readonly topic: string
  /** JSON, as it is posted. */
  readonly body: string
  readonly receivedAtMs: number
  attempts: number
  /** Of the attempts, those that were answered. */
  refusals: number
  /** When the receiver was not reached for the first time in a row. */
  failingSinceMs: number | undefined
}

/** One that was given up; it can be sent again. */
export interface DeadLetter {
  readonly id: number
  readonly url: string
  readonly topic: string
  readonly body: string
  readonly receivedAtMs: number
  readonly deadAtMs: number
  readonly attempts: number
  readonly problem: string
}

export type NewDelivery = Pick<Delivery, 'subscriptionId' | 'url' | 'topic' | 'body' | 'receivedAtMs'>

export interface DeliveryTable {
  add(delivery: NewDelivery): Delivery
  done(id: number): void
  failed(delivery: Delivery, problem: string): void
  /** Returns how many of the oldest dead letters had to go for it. */
  dead(delivery: Delivery, problem: string, options: { nowMs: number; maxDeadLetters: number }): number
  /** Topics of a subscription, or of all, with messages that wait. */
  lanes(): { subscriptionId: number; topic: string; url: string }[]
  /** What waits in one lane behind an id, in order. */
  page(lane: { subscriptionId: number; topic: string; afterId: number; count: number }): Delivery[]
  /** How many messages wait for each subscription. */
  countBySubscription(): [subscriptionId: number, count: number][]
  /** How many messages stand in the store and wait, in all. */
  countWaiting(): number
  countDead(): number
  deadLetters(page: { afterId: number; count: number }): DeadLetter[]
  deadLetter(id: number): (DeadLetter & { subscriptionId: number }) | undefined
  /** Removes dead letters; all of them without an id. Returns how many. */
  forget(id?: number): number
}

interface Row {
  id: number
  subscription_id: number
  url: string
  topic: string
  body: string
  received_at_ms: number
  attempts: number
  refusals: number
  failing_since_ms: number | null
  problem: string | null
  dead_at_ms: number | null
}

/** The callback queue and its dead letters. */
export function createDeliveryTable(database: DatabaseSync): DeliveryTable {
  const prepare = (sql: string) => database.prepare(sql)
  const insert = prepare(
    'INSERT INTO deliveries (subscription_id, url, topic, body, received_at_ms) VALUES (?, ?, ?, ?, ?)',
  )
  const remove = prepare('DELETE FROM deliveries WHERE id = ?')
  const update = prepare(
    'UPDATE deliveries SET attempts = ?, refusals = ?, failing_since_ms = ?, problem = ? WHERE id = ?',
  )
  const bury = prepare('UPDATE deliveries SET attempts = ?, problem = ?, dead_at_ms = ? WHERE id = ?')
  const removeOldest = prepare(
    'DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE dead_at_ms IS NOT NULL ORDER BY id LIMIT ?)',
  )
  const page = prepare(
    'SELECT * FROM deliveries WHERE subscription_id = ? AND topic = ? AND id > ? AND dead_at_ms IS NULL ORDER BY id LIMIT ?',
  )
  const lanes = prepare('SELECT DISTINCT subscription_id, topic, url FROM deliveries WHERE dead_at_ms IS NULL')
  const waiting = prepare(
    'SELECT subscription_id, count(*) AS count FROM deliveries WHERE dead_at_ms IS NULL GROUP BY subscription_id',
  )
  const allWaiting = prepare('SELECT count(*) AS count FROM deliveries WHERE dead_at_ms IS NULL')
  const dead = prepare('SELECT count(*) AS count FROM deliveries WHERE dead_at_ms IS NOT NULL')
  const deadPage = prepare('SELECT * FROM deliveries WHERE id > ? AND dead_at_ms IS NOT NULL ORDER BY id LIMIT ?')
  const deadOne = prepare('SELECT * FROM deliveries WHERE id = ? AND dead_at_ms IS NOT NULL')
  const forgetAll = prepare('DELETE FROM deliveries WHERE dead_at_ms IS NOT NULL')
  const forgetOne = prepare('DELETE FROM deliveries WHERE id = ? AND dead_at_ms IS NOT NULL')
  const countDead = () => Number(dead.get()?.count)

  return {
    add({ subscriptionId, url, topic, body, receivedAtMs }) {
      const { lastInsertRowid } = insert.run(subscriptionId, url, topic, body, receivedAtMs)
      const id = Number(lastInsertRowid)
      return { id, subscriptionId, url, topic, body, receivedAtMs, attempts: 0, refusals: 0, failingSinceMs: undefined }
    },
    done: (id) => void remove.run(id),
    failed: ({ id, attempts, refusals, failingSinceMs }, problem) =>
      void update.run(attempts, refusals, failingSinceMs ?? null, problem, id),
    dead({ id, attempts }, problem, { nowMs, maxDeadLetters }) {
      bury.run(attempts, problem, nowMs, id)
      const surplus = countDead() - maxDeadLetters
      if (surplus > 0) removeOldest.run(surplus)
      return Math.max(surplus, 0)
    },
    lanes() {
      const rows = lanes.all() as unknown as Pick<Row, 'subscription_id' | 'topic' | 'url'>[]
      return rows.map(({ subscription_id: subscriptionId, topic, url }) => ({ subscriptionId, topic, url }))
    },
    page({ subscriptionId, topic, afterId, count }) {
      return (page.all(subscriptionId, topic, afterId, count) as unknown as Row[]).map(deliveryOf)
    },
    countBySubscription: () => waiting.all().map((row) => [Number(row.subscription_id), Number(row.count)]),
    countWaiting: () => Number(allWaiting.get()?.count),
    countDead,
    deadLetters: ({ afterId, count }) => (deadPage.all(afterId, count) as unknown as Row[]).map(deadLetterOf),
    deadLetter(id) {
      const row = deadOne.get(id) as unknown as Row | undefined
      return row && { ...deadLetterOf(row), subscriptionId: row.subscription_id }
    },
    forget: (id) => Number((id === undefined ? forgetAll.run() : forgetOne.run(id)).changes),
  }
}

function deliveryOf(row: Row): Delivery {
  const { id, subscription_id: subscriptionId, url, topic, body, received_at_ms: receivedAtMs } = row
  const { attempts, refusals, failing_since_ms: failingSinceMs } = row
  return {
    id,
    subscriptionId,
    url,
    topic,
    body,
    receivedAtMs,
    attempts,
    refusals,
    failingSinceMs: failingSinceMs ?? undefined,
  }
}

function deadLetterOf(row: Row): DeadLetter {
  const { id, url, topic, body, received_at_ms: receivedAtMs, dead_at_ms: deadAtMs, attempts, problem } = row
  return { id, url, topic, body, receivedAtMs, deadAtMs: deadAtMs ?? 0, attempts, problem: problem ?? '' }
}
