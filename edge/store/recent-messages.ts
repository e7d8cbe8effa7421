import type { DatabaseSync } from 'node:sqlite'

/** Identities of the messages that came last, over restarts. */
export interface RecentMessages {
  has(identity: string): boolean
  /** Inside of a write. */
  add(identity: string): void
}

/** Of the seed's manager, which forgets what is older as well. */
export const REMEMBERED_MESSAGES = 1_000

export function createRecentMessages(database: DatabaseSync): RecentMessages {
  const find = database.prepare('SELECT 1 FROM recent_messages WHERE identity = ?')
  const insert = database.prepare('INSERT OR IGNORE INTO recent_messages (identity) VALUES (?)')
  const trim = database.prepare('DELETE FROM recent_messages WHERE position <= ?')
  return {
    has: (identity) => find.get(identity) !== undefined,
    add(identity) {
      const { changes, lastInsertRowid } = insert.run(identity)
      if (Number(changes) > 0) trim.run(Number(lastInsertRowid) - REMEMBERED_MESSAGES)
    },
  }
}
