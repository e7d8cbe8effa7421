import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openQueueStore, type StoredMessage } from '#device/index.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'device-queue-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const message: StoredMessage = {
  messageId: 'a7a4c1d2-3f0e-4d58-9f10-0f6f6a2d8a11',
  topic: 'jamey/events/status',
  payload: '{"text":"für \\u0000 alle"}',
  priority: 200,
  retain: true,
  expiresAtMs: 1_800_000_000_000,
  properties: '{"contentType":"application/json"}',
}

test('gives back what was added, oldest first, without what was deleted, to the next process', () => {
  const file = join(folder, 'queue.sqlite')
  const store = openQueueStore(file)
  const second = { ...message, expiresAtMs: null, properties: null, retain: false, priority: 0 }
  const key = store.add(message)
  store.add(second)
  store.add({ ...message, topic: 'jamey/events/errors' })
  store.delete(key)
  store.close()

  const again = openQueueStore(file)

  expect(again.load().map((entry) => entry.message)).toEqual([second, { ...message, topic: 'jamey/events/errors' }])
  again.close()
})

test('a second opener of the same file is refused', () => {
  const file = join(folder, 'queue.sqlite')
  const store = openQueueStore(file)

  expect(() => openQueueStore(file)).toThrow(/locked/)
  store.close()
})

test('a file of a newer version is left alone', () => {
  const file = join(folder, 'queue.sqlite')
  const database = new DatabaseSync(file)
  database.exec('PRAGMA user_version = 99')
  database.close()

  expect(() => openQueueStore(file)).toThrow(/newer version \(schema 99\)/)
})
