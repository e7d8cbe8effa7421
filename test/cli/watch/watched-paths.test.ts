import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { settingsSchema } from '#lib/settings.ts'
import { watchedPaths } from '../../../cli/synthesize.ts'
import { PROJECT_FOLDER } from '../../lib/project.ts'

const FILE_SETTINGS = Object.keys(settingsSchema.shape).filter((name) => name.endsWith('File'))

test.each(FILE_SETTINGS)('the file that the setting %s names is watched', (name) => {
  const watched = watchedPaths(PROJECT_FOLDER, { [name]: 'of-a-team.json' })

  expect(watched.map((path) => basename(path))).toContain('of-a-team.json')
})

test('a setting that names no file adds none', () => {
  const settings = Object.fromEntries(FILE_SETTINGS.map((name) => [name, '']))

  expect(watchedPaths(PROJECT_FOLDER, settings)).not.toContain(PROJECT_FOLDER)
})
