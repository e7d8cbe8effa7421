import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, test } from 'vitest'
import { inTransaction, openState, STATE_VERSION } from '#local/state/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'bridge-state-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

function modeOf(path: string): number {
  return statSync(path).mode & 0o777
}

/** A process that holds the file until it is killed. */
async function holderOf(file: string) {
  const state = new URL('../../../local/state/index.ts', import.meta.url).href
  const script = `const { openState } = await import(${JSON.stringify(state)})
    openState({ file: ${JSON.stringify(file)} }).db.exec('CREATE TABLE note (text TEXT); INSERT INTO note VALUES (\\'kept\\')')
    console.log('open'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

describe('openState', () => {
  test('creates folder and file for the owner only', () => {
    const file = join(folder, 'deep', 'er', 'state.db')

    using state = openState({ file })

    expect(state.db.prepare('SELECT 1 AS one').get()).toEqual({ one: 1 })
    expect([modeOf(file), modeOf(join(folder, 'deep')), modeOf(join(folder, 'deep', 'er'))]).toEqual([
      0o600, 0o700, 0o700,
    ])
  })

  test('takes the rights of others from a file that is there', () => {
    const file = join(folder, 'open-to-all.db')
    writeFileSync(file, '', { mode: 0o644 })

    using _state = openState({ file })

    expect(modeOf(file)).toBe(0o600)
  })

  test('keeps in memory what is only for a test', () => {
    using one = openState({ file: ':memory:' })
    using other = openState({ file: ':memory:' })

    one.db.exec('CREATE TABLE note (text TEXT)')

    expect(() => other.db.exec('INSERT INTO note VALUES (1)')).toThrow('no such table')
  })

  test('refuses a file that this process has open, and gives it free on close', () => {
    const file = join(folder, 'twice.db')
    const first = openState({ file })

    expect(() => openState({ file })).toThrow(
      expect.objectContaining({ code: 'STATE_IN_USE', message: expect.stringContaining(`process ${process.pid}`) }),
    )
    // The refused attempt must not have cost the first one its lock.
    expect(() => openState({ file })).toThrow(expect.objectContaining({ code: 'STATE_IN_USE' }))
    first.close()
    first.close()

    using _second = openState({ file })
  })

  test('refuses a file of another process by its id, until that one is killed', async () => {
    const file = join(folder, 'other.db')
    const child = await holderOf(file)

    expect(() => openState({ file })).toThrow(
      expect.objectContaining({ code: 'STATE_IN_USE', message: expect.stringContaining(`process ${child.pid}`) }),
    )
    child.kill('SIGKILL')
    await once(child, 'exit')

    using state = openState({ file })
    expect(state.db.prepare('SELECT text FROM note').get()).toEqual({ text: 'kept' })
    expect(readFileSync(`${file}.owner`, 'utf8').trim()).toBe(String(process.pid))
  })

  test('refuses what is no database', () => {
    const file = join(folder, 'text.db')
    writeFileSync(file, 'certainly no database, however long it may be'.repeat(20))

    expect(() => openState({ file })).toThrow(expect.objectContaining({ code: 'STATE_UNREADABLE' }))
    expect(() => openState({ file: join(file, 'below.db') })).toThrow(
      expect.objectContaining({ code: 'STATE_UNREADABLE' }),
    )
  })

  test('refuses the layout of a newer release', () => {
    const file = join(folder, 'newer.db')
    const db = new DatabaseSync(file)
    db.exec(`PRAGMA user_version = ${STATE_VERSION + 1}`)
    db.close()

    expect(() => openState({ file })).toThrow(
      expect.objectContaining({ code: 'STATE_TOO_NEW', message: expect.stringMatching(/layout 2, .* up to 1$/) }),
    )
  })
})

describe('inTransaction', () => {
  test('stores nothing of work that throws, nested work included', () => {
    using state = openState({ file: ':memory:' })
    state.db.exec('CREATE TABLE note (text TEXT)')
    const write = (text: string) => state.db.prepare('INSERT INTO note VALUES (?)').run(text)

    const work = () =>
      inTransaction(state.db, () => {
        inTransaction(state.db, () => write('inner'))
        throw new Error('stop')
      })

    expect(work).toThrow('stop')
    expect(state.db.prepare('SELECT * FROM note').all()).toEqual([])
    expect(inTransaction(state.db, () => write('kept').changes)).toBe(1)
  })
})
