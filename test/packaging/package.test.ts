import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blockAfter, readDocument } from '../docs/markdown.ts'
import { startBridge } from '../e2e/harness/index.ts'
import { deviceEnvironment } from '../examples/run-example.ts'

const run = promisify(execFile)
const projectFolder = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const bin = (name: string) => join(projectFolder, 'node_modules/.bin', name)
const PACKAGE = 'mqtt-cloud-bridge'
/** All that an application may get with the package. */
const DEPENDENCIES = ['mqtt', 'zod']

let folder: string
let tarball: string
let installed: string

/** Runs a program, and fails with what it printed. */
async function succeed(file: string, args: string[], cwd: string, env: Record<string, string> = {}): Promise<string> {
  try {
    const { stdout } = await run(file, args, { cwd, env: { ...process.env, NO_COLOR: '1', ...env } })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${file} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error })
  }
}

// an application in TypeScript, with the tarball unpacked where `npm install` puts it
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-package-'))
  const packed = await succeed('npm', ['pack', '--json', '--pack-destination', folder], projectFolder)
  const report = JSON.parse(packed.slice(packed.indexOf('['))) as [{ filename: string }]
  tarball = join(folder, report[0].filename)
  const modules = join(folder, 'node_modules')
  installed = join(modules, PACKAGE)
  mkdirSync(installed, { recursive: true })
  await succeed('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'], folder)
  for (const name of [...DEPENDENCIES, '@types'])
    symlinkSync(join(projectFolder, 'node_modules', name), join(modules, name))
  cpSync(join(projectFolder, 'test/packaging/application'), folder, { recursive: true })
  const snippet = blockAfter(readDocument('README.md'), 'the device in ten lines, compiled and run by a test')
  writeFileSync(join(folder, 'readme.ts'), snippet)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'application', type: 'module' }))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('the packed package', () => {
  test('holds built code of contract and device, and nothing else', () => {
    const files = readdirSync(installed, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1))
    const foreign = files.filter((file) => !/^dist\/(?:contract|device)\/.+(?:\.js|\.d\.ts)$/.test(file))

    expect(foreign.sort()).toEqual(['LICENSE', 'README.md', 'package.json'])
    expect(files.length).toBeGreaterThan(40)
  })

  test('depends on no more than the MQTT client and the validator', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { dependencies: object }
    expect(Object.keys(manifest.dependencies).sort()).toEqual(DEPENDENCIES)
  })

  test('is published as the ecosystem expects (publint)', async () => {
    await succeed(bin('publint'), ['--strict', installed], folder)
  })

  test('has types that every module resolution of today finds (attw)', async () => {
    await succeed(bin('attw'), [tarball, '--profile', 'esm-only'], folder)
  })

  test('type-checks in a fresh project, without skipping the declarations', async () => {
    await succeed(bin('tsc'), ['-p', 'tsconfig.json'], folder)
  })

  test('runs in a fresh project', async () => {
    expect(JSON.parse(await succeed(process.execPath, ['application.ts'], folder))).toEqual({
      client: 'disconnected',
      topic: 'jamey/conscience/evaluate',
    })
  })

  test('runs what the README shows, against the bridge', async () => {
    await using bridge = await startBridge()
    const environment = await deviceEnvironment(bridge, 'jamey-instance-1')

    const printed = await succeed(process.execPath, ['readme.ts'], folder, environment)

    expect(printed.trim().split('\n').sort()).toEqual(['1 memories, approved: true', 'somebody remembers (long_term)'])
  })

  test('bundles for the browser, without anything of Node', async () => {
    const { metafile, warnings } = await build({
      entryPoints: [join(folder, 'application.ts')],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'esm',
      metafile: true,
      logLevel: 'silent',
    })
    const packages = new Set(
      Object.keys(metafile.inputs).flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []),
    )

    expect(warnings).toEqual([])
    expect([...packages].sort()).toEqual([...DEPENDENCIES, PACKAGE].sort())
  })
})
