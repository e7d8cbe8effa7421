import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { PROJECT_FOLDER } from '../docs/markdown.ts'

const run = promisify(execFile)
const asyncapi = (...words: string[]) =>
  run(process.execPath, [join(PROJECT_FOLDER, 'bin/bridge.ts'), 'asyncapi', ...words], { maxBuffer: 1024 * 1024 })

describe('bridge asyncapi', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-asyncapi-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('prints the document that is committed', async () => {
    const { stdout } = await asyncapi()

    expect(stdout).toBe(readFileSync(join(PROJECT_FOLDER, 'docs/asyncapi.json'), 'utf8'))
  })

  test('prints it for another root, from the view of a device', async () => {
    const { stdout } = await asyncapi('--root', 'garden/shed', '--view', 'device')
    const { channels, operations } = JSON.parse(stdout)

    expect(channels.memoryStore.address).toBe('garden/shed/memory/store')
    expect(operations).toHaveProperty('sendMemoryStore')
  })

  test('writes the schemas that are committed into a folder that it makes', async () => {
    const { stdout, stderr } = await asyncapi('--schemas', join(folder, 'schemas'))
    const filesOf = (path: string) => readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()

    expect(filesOf(join(folder, 'schemas'))).toEqual(filesOf(join(PROJECT_FOLDER, 'docs/schemas')))
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^\d+ schemas written to /)
  })

  test.each([
    [['--root', 'a b'], 2, 'invalid_option: --root: expected'],
    [['--view', 'cloud'], 2, "option '--view <side>' argument 'cloud' is invalid"],
    [['--schemas', join(PROJECT_FOLDER, 'package.json')], 1, 'file_unwritable: --schemas: cannot write to'],
  ])('%s ends with %i and says why', async (words, code, text) => {
    await expect(asyncapi(...words)).rejects.toMatchObject({ code, stderr: expect.stringContaining(text) })
  })
})
