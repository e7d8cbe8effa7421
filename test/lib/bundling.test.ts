import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bundleFunction } from '../../lib/bundling.ts'
import { bundleTogether } from '../../lib/bundling-together.ts'
import { PROJECT_FOLDER } from './project.ts'

const SOURCES = {
  'functions/greeter/index.ts':
    "import { greeting } from './greeting.ts'\nexport const handler = async (name: string) => `${greeting}, ${name}`\n",
  'functions/greeter/greeting.ts': "export const greeting: string = 'Hello'\n",
}

/** A project of one function in a folder of its own. */
function createProject() {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-bundling-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  for (const [file, text] of Object.entries(SOURCES)) write(file, text)
  const bundle = (files: Record<string, string> = {}) => bundleFunction('greeter', { projectFolder: folder, files })
  return { folder, write, bundle, cache: join(folder, 'node_modules/.cache/mqtt-cloud-bridge/bundles') }
}

/** Leaves a mark that a bundle which is made again does not have. */
function mark(folder: string): () => boolean {
  const file = join(folder, 'mark')
  writeFileSync(file, '')
  return () => existsSync(file)
}

const entryOf = (folder: string) => readFileSync(join(folder, 'index.mjs'), 'utf8')

describe('a bundle is kept', () => {
  test('while nothing has changed', async () => {
    const { bundle } = createProject()
    const first = await bundle({ 'data.json': '{}' })
    const isMarked = mark(first.folder)

    const second = await bundle({ 'data.json': '{}' })

    expect(second).toEqual(first)
    expect(isMarked()).toBe(true)
  })

  test('with the data files beside it', async () => {
    const { bundle } = createProject()

    const { folder } = await bundle({ 'data.json': '{"a":1}' })

    expect(readFileSync(join(folder, 'data.json'), 'utf8')).toBe('{"a":1}')
  })
})

describe('a bundle is made again', () => {
  test('when a source that the entry imports has changed', async () => {
    const { bundle, write } = createProject()
    const first = await bundle()

    write('functions/greeter/greeting.ts', "export const greeting: string = 'Servus'\n")
    const second = await bundle()

    expect(entryOf(first.folder)).toContain('Hello')
    expect(entryOf(second.folder)).toContain('Servus')
  })

  test('when a data file has changed', async () => {
    const { bundle } = createProject()
    await bundle({ 'data.json': '{}' })

    const { folder } = await bundle({ 'data.json': '[]' })

    expect(readFileSync(join(folder, 'data.json'), 'utf8')).toBe('[]')
  })

  test('when it was deleted', async () => {
    const { bundle } = createProject()
    const first = await bundle()
    rmSync(first.folder, { recursive: true })

    const second = await bundle()

    expect(entryOf(second.folder)).toContain('Hello')
  })

  test('when an end in the middle of writing has left half a record', async () => {
    const { bundle, cache } = createProject()
    await bundle()
    writeFileSync(join(cache, 'greeter.json'), '{"key":"')

    const { folder } = await bundle()

    expect(entryOf(folder)).toContain('Hello')
  })

  test('and the one before stays, for a run that still reads it', async () => {
    const { bundle, write } = createProject()
    const first = await bundle()
    const isMarked = mark(first.folder)

    write('functions/greeter/greeting.ts', "export const greeting: string = 'Servus'\n")
    await bundle()

    expect(isMarked()).toBe(true)
  })

  test('and of older ones only a few are kept', async () => {
    const { bundle, write } = createProject()
    const folders: string[] = []

    for (let version = 0; version < 8; version++) {
      write('functions/greeter/greeting.ts', `export const greeting: string = 'Hello ${version}'\n`)
      folders.push((await bundle()).folder)
    }

    expect(folders.filter((folder) => existsSync(folder)).length).toBeLessThanOrEqual(4)
    expect(existsSync(folders.at(-1) ?? '')).toBe(true)
  })
})

test('runs at the same time do not take the bundle from each other', async () => {
  const { bundle } = createProject()

  const bundles = await Promise.all(Array.from({ length: 5 }, () => bundle({ 'data.json': '{}' })))

  expect(new Set(bundles.map(({ folder }) => folder)).size).toBe(1)
  for (const { folder } of bundles) {
    expect(entryOf(folder)).toContain('Hello')
    expect(existsSync(join(folder, 'data.json'))).toBe(true)
  }
})

test('a source that does not compile is told with its place, and leaves the cache as it was', async () => {
  const { bundle, write } = createProject()
  const { folder } = await bundle()
  write('functions/greeter/greeting.ts', 'export const greeting: string = \n')

  await expect(bundle()).rejects.toThrow(/functions\/greeter\/greeting\.ts:2/)

  expect(entryOf(folder)).toContain('Hello')
})

describe('left out of a bundle', () => {
  test('is what no function can use; calling it says so', async () => {
    const { folder: project, write, bundle } = createProject()
    mkdirSync(join(project, 'node_modules'), { recursive: true })
    symlinkSync(join(PROJECT_FOLDER, 'node_modules/zod'), join(project, 'node_modules/zod'))
    write(
      'functions/greeter/index.ts',
      "import * as z from 'zod'\nexport const parse = () => z.string().parse('text')\nexport const schema = () => z.toJSONSchema(z.string())\n",
    )

    const { folder } = await bundle()
    const { parse, schema } = (await import(join(folder, 'index.mjs'))) as Record<string, () => unknown>

    expect(parse?.()).toBe('text')
    expect(() => schema?.()).toThrow('JSON Schemas are not made in functions')
  })
})

describe('bundles that are made together', () => {
  const FAREWELL =
    "import { greeting } from '../greeter/greeting.ts'\n" +
    "export const handler = async () => [greeting, 'Bye', (await import('./late.ts')).late]\n"

  async function together() {
    const project = createProject()
    project.write('functions/farewell/index.ts', FAREWELL)
    project.write('functions/farewell/late.ts', "export const late: string = 'late'\n")
    const options = { projectFolder: project.folder }
    const bundle = () =>
      bundleTogether({ greeter: { ...options, files: { 'data.json': '{}' } }, farewell: options }, project.folder)
    return { ...project, bundles: await bundle() }
  }
  const load = async (folder: string, text?: string) =>
    ((await import(join(folder, 'index.mjs'))) as { handler(text?: string): Promise<unknown> }).handler(text)

  test('hold each all that their function needs, with its data files', async () => {
    const { bundles, folder } = await together()
    rmSync(join(folder, 'functions'), { recursive: true })

    expect(await load(bundles.greeter.folder, 'Ada')).toBe('Hello, Ada')
    expect(await load(bundles.farewell.folder)).toEqual(['Hello', 'Bye', 'late'])
    expect(existsSync(join(bundles.greeter.folder, 'data.json'))).toBe(true)
    expect(readdirSync(bundles.greeter.folder).join()).not.toContain('late')
  })

  test('never take the place of one that is made alone', async () => {
    const { bundles, bundle } = await together()
    const alone = await bundle({ 'data.json': '{}' })

    expect(alone.folder).not.toBe(bundles.greeter.folder)
    expect(readdirSync(alone.folder).toSorted()).toEqual(['data.json', 'index.mjs'])
  })
})
