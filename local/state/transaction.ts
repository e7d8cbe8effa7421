import type { DatabaseSync } from 'node:sqlite'

/**
 * Runs synchronous work in one transaction: all of it is stored, or, when it throws, none. Inside another
 * transaction it joins that one.
 */
export function inTransaction<Result>(db: DatabaseSync, work: () => Result): Result {
  if (db.isTransaction) return work()

  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
