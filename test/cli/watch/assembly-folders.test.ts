import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAssemblyFolders } from '../../../cli/watch/assembly-folders.ts'

test('a folder stays while it is the present one, or while code in it is in use', () => {
  using folders = createAssemblyFolders()
  const [first, second, third] = [folders.make(), folders.make(), folders.make()]

  folders.removeUnused(third, [join(first, 'asset.1'), join(third, 'asset.2')])
  expect([first, second, third].map((folder) => existsSync(folder))).toEqual([true, false, true])

  folders.removeUnused(third, [])
  expect(existsSync(first)).toBe(false)
})

test('all are gone at the end', () => {
  const folders = createAssemblyFolders()
  const folder = folders.make()
  folders[Symbol.dispose]()
  expect(existsSync(folder)).toBe(false)
})
