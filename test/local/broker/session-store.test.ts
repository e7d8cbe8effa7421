import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach } from 'vitest'
import { createMemorySessionStore, createSqliteSessionStore } from '#local/broker/index.ts'
import { testSessionStore } from '../../conformance/session-store.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean()
})

testSessionStore({
  name: 'in memory',
  create() {
    const store = createMemorySessionStore()
    return { store, reopen: () => store }
  },
})

testSessionStore({
  name: 'on SQLite',
  create() {
    const folder = mkdtempSync(join(tmpdir(), 'session-store-'))
    cleanups.push(() => rmSync(folder, { recursive: true }))
    // A second connection sees only what is committed, as a new process would after a crash of this one.
    const reopen = () => {
      const db = new DatabaseSync(join(folder, 'state.db'))
      cleanups.push(() => db.close())
      db.exec('pragma journal_mode = wal; pragma synchronous = normal')
      return createSqliteSessionStore(db)
    }
    return { store: reopen(), reopen }
  },
})
