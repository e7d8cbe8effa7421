import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blockAfter, readDocument } from '../docs/markdown.ts'
import { type StartedBridge, startBridge } from './bridge.ts'
import { runShell } from './shell.ts'

/** Debian's package serves Debian's Python; a Python of somebody's own may have the library as well. */
const python = ['python3', '/usr/bin/python3'].find(
  (one) => spawnSync(one, ['-c', 'import paho.mqtt.client']).status === 0,
)
const hasC = spawnSync('cc', ['-E', '-'], { input: '#include <mosquitto.h>' }).status === 0
const isOptional = process.env.CI === undefined
const expected = JSON.parse(blockAfter(readDocument('README.md'), 'the reply of the line above, held by a test'))

if (isOptional && (python === undefined || !hasC)) {
  console.warn('skipped in part; install Debian’s packages python3-paho-mqtt, gcc and libmosquitto-dev')
}

describe('the program of', () => {
  let bridge: StartedBridge
  const folder = mkdtempSync(join(tmpdir(), 'bridge-languages-'))

  beforeAll(async () => {
    bridge = await startBridge(['--verbose'])
  })
  afterAll(async () => {
    await bridge[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  test.skipIf(isOptional && python === undefined)(
    'docs/connect/python.md prints the answer to its request, with a token that it signed itself',
    async () => {
      const result = await run('python', 'gardener.py', (script) => script.replace('python3 ', `${python} ${folder}/`))

      expect(result).toMatchObject({ exitCode: 0, stderr: '' })
      expect(JSON.parse(result.stdout)).toEqual(expected)
      await expect(
        bridge.logged({ event: 'connection_accepted', client_id: 'gardener', signer: 'device' }),
      ).resolves.toBeDefined()
    },
  )

  test.skipIf(isOptional && python === undefined)('docs/connect/python.md tells the code of an error', async () => {
    const source = blockAfter(readDocument('docs/connect/python.md'), 'python: gardener.py')
    writeFileSync(join(folder, 'wrong.py'), source.replace('"action": "Delete user data"', '"action": ""'))

    const result = await run('python', 'gardener.py', (script) =>
      script.replace('python3 gardener', `${python} ${folder}/wrong`),
    )

    expect(result.exitCode).toBe(1)
    expect(result.stderr).toContain('RuntimeError: invalid_payload: ')
  })

  test.skipIf(isOptional && !hasC)('docs/connect/c.md compiles without a warning and prints the answer', async () => {
    const result = await run('c', 'evaluate.c', (script) =>
      script.replaceAll('evaluate', `${folder}/evaluate`).replace('./', ''),
    )

    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(JSON.parse(result.stdout)).toEqual(expected)
  })

  test.skipIf(isOptional && !hasC)('docs/connect/c.md says why it is refused, and ends', async () => {
    const result = await run('c', 'evaluate.c', (script) =>
      script
        .replaceAll('evaluate', `${folder}/evaluate`)
        .replace('./', '')
        .replace(/TOKEN=.*/, 'TOKEN=nonsense'),
    )

    expect(result.exitCode).toBe(1)
    expect(result.stderr).toContain('refused: Not authorized')
  })

  /** The lines of a page as they stand there, for this runtime, with the page's program in a folder of its own. */
  function run(language: 'python' | 'c', program: string, change: (script: string) => string) {
    const page = readDocument(`docs/connect/${language}.md`)
    writeFileSync(join(folder, program), blockAfter(page, `${language}: ${program}`))
    const lines = change(blockAfter(page, `${language}: run`))
      .replaceAll(/npx bridge ([^)\n]*)/g, `'${process.execPath}' bin/bridge.ts $1 --state '${bridge.stateFolder}'`)
      .replaceAll('8883', bridge.port)
      .replaceAll('certs/local/ca.pem', `'${bridge.caFile}'`)
      // a device is added once; what it prints is not the program's
      .replace(/^(.* device add .*)$/m, '$1 >/dev/null 2>&1 || true')
    return runShell(`set -e\n${lines}`).result
  }
})
