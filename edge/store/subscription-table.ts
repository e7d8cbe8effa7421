import type { DatabaseSync } from 'node:sqlite'

/** `topic`: an MQTT filter, known to the broker. `pattern`: shell-style, over what arrives anyway. */
export type SubscriptionKind = 'topic' | 'pattern'

export interface Subscription {
  readonly id: number
  readonly kind: SubscriptionKind
  readonly filter: string
  /** Undefined: it is held for others to listen, without callbacks. */
  readonly callbackUrl: string | undefined
}

export interface SubscriptionTable {
  all(): Subscription[]
  add(subscription: Omit<Subscription, 'id'>, nowMs: number): Subscription
  /** The messages that wait for its callback go with it; dead letters stay. */
  remove(id: number): void
}

interface Row {
  id: number
  kind: SubscriptionKind
  filter: string
  callback_url: string
}

/** Written at once: whoever subscribes is told that it is kept. */
export function createSubscriptionTable(database: DatabaseSync): SubscriptionTable {
  const insert = database.prepare(
    'INSERT INTO subscriptions (kind, filter, callback_url, created_at_ms) VALUES (?, ?, ?, ?)',
  )
  const removeOne = database.prepare('DELETE FROM subscriptions WHERE id = ?')
  const removeWaiting = database.prepare('DELETE FROM deliveries WHERE subscription_id = ? AND dead_at_ms IS NULL')
  return {
    all() {
      const rows = database.prepare('SELECT * FROM subscriptions ORDER BY id').all() as unknown as Row[]
      return rows.map(({ id, kind, filter, callback_url: url }) => ({
        id,
        kind,
        filter,
        callbackUrl: url === '' ? undefined : url,
      }))
    },
    add({ kind, filter, callbackUrl }, nowMs) {
      const { lastInsertRowid } = insert.run(kind, filter, callbackUrl ?? '', nowMs)
      return { id: Number(lastInsertRowid), kind, filter, callbackUrl }
    },
    remove(id) {
      removeOne.run(id)
      removeWaiting.run(id)
    },
  }
}
