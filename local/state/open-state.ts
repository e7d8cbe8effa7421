import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StateError } from './state-error.ts'

/** Number of the layout in `PRAGMA user_version`; a file with a higher one was written by a newer release. */
export const STATE_VERSION = 1

const BUSY_TIMEOUT_MS = 250
// https://www.sqlite.org/rescode.html
const SQLITE_BUSY = 5

/** The open state file of one runtime. */
export interface State extends Disposable {
  db: DatabaseSync
  /** Releases the file. A second call does nothing. */
  close(): void
}

/**
 * Opens the database in which a local runtime keeps what must survive it, creating folder (mode 0700) and file
 * (mode 0600) where missing. `':memory:'` keeps it in memory.
 *
 * What is committed survives `kill -9` of the process; a power cut may take the last transactions (write-ahead log with
 * `synchronous=NORMAL`, https://www.sqlite.org/pragma.html#pragma_synchronous).
 *
 * One runtime holds a file at a time, by a lock of the operating system that ends with its process. Throws `StateError`:
 * `STATE_IN_USE` (naming the process that holds it), `STATE_UNREADABLE` (no database, or no permission),
 * `STATE_TOO_NEW`.
 */
export function openState({ file }: { file: string | ':memory:' }): State {
  const inMemory = file === ':memory:'
  if (!inMemory) prepareFile(file)

  const db = lockedDatabase(file)
  if (!inMemory) writeFileSync(ownerFile(file), `${process.pid}\n`, { mode: 0o600 })

  function close(): void {
    if (!db.isOpen) return
    // Before the lock goes: afterwards the name in it may already be that of the next owner.
    if (!inMemory) rmSync(ownerFile(file), { force: true })
    db.close()
  }
  return { db, close, [Symbol.dispose]: close }
}

function prepareFile(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    // A file that is there is never opened here: closing a second descriptor of a database drops all locks this process
    // holds on it (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    if (existsSync(file)) chmodSync(file, 0o600)
    else closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    throw new StateError('STATE_UNREADABLE', `The state file ${file} cannot be created: ${messageOf(error)}`, error)
  }
}

function lockedDatabase(file: string): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
    // The lock is taken with the first write, so there is one.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    const version = Number(db.prepare('PRAGMA user_version').get()?.user_version)
    if (version > STATE_VERSION) {
      throw new StateError(
        'STATE_TOO_NEW',
        `The state file ${file} has layout ${version}, and this release reads up to ${STATE_VERSION}`,
      )
    }
    db.exec(`PRAGMA user_version = ${STATE_VERSION}`)
    return db
  } catch (error) {
    db?.close()
    if (error instanceof StateError) throw error
    if (isBusy(error)) {
      throw new StateError(
        'STATE_IN_USE',
        `The state file ${file} is in use by ${ownerOf(file)}; end that one first`,
        error,
      )
    }
    throw new StateError('STATE_UNREADABLE', `The state file ${file} cannot be read: ${messageOf(error)}`, error)
  }
}

/** Only says who holds the lock; being left over from a killed process does no harm. */
function ownerFile(file: string): string {
  return `${file}.owner`
}

function ownerOf(file: string): string {
  try {
    return `process ${readFileSync(ownerFile(file), 'utf8').trim()}`
  } catch {
    return 'another process'
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
