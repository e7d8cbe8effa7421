import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { answerOfError } from '../../edge/errors/answer-of-error.ts'
import { createWriteBatch } from '../../edge/store/write-batch.ts'

/** A database without room for more. */
function fullDatabase(): { database: DatabaseSync; makeRoom(): void } {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE lines (text TEXT)')
  database.exec('PRAGMA max_page_count = 2')
  return { database, makeRoom: () => database.exec('PRAGMA max_page_count = 1000') }
}

test('writes that the store does not take are kept in their order, and made when it does', async () => {
  const { database, makeRoom } = fullDatabase()
  const failures: unknown[] = []
  const batch = createWriteBatch(database, (error) => failures.push(error))
  const insert = (text: string) => database.prepare('INSERT INTO lines VALUES (?)').run(text)
  const big = 'x'.repeat(100_000)
  const writes = ['1', big, '3'].map((text) => batch.add(() => insert(text).changes))
  expect(() => batch.flush()).toThrow(/full/)
  expect(batch.failure()).toMatch(/full/)

  makeRoom()
  batch.flush()
  expect(await Promise.all(writes)).toEqual([1, 1, 1])
  expect(batch.failure()).toBeUndefined()
  expect(
    database
      .prepare('SELECT text FROM lines')
      .all()
      .map(({ text }) => text),
  ).toEqual(['1', big, '3'])
  batch.close()
  database.close()
})

test('a caller is told that the store failed, and not that something went wrong', () => {
  const { database } = fullDatabase()
  try {
    database.prepare('INSERT INTO lines VALUES (?)').run('x'.repeat(100_000))
    expect.unreachable()
  } catch (error) {
    expect(answerOfError(error)).toMatchObject({
      httpStatus: 503,
      code: 'store_failed',
      message: expect.stringContaining('full'),
    })
  }
  database.close()
})
