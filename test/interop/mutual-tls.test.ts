import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PROJECT_FOLDER } from '../docs/markdown.ts'
import { type StartedBridge, startBridge } from './bridge.ts'
import { runShell } from './shell.ts'

const PROGRAM = 'mosquitto_pub'
const isMissing = spawnSync(PROGRAM, ['--help']).error !== undefined
/** What mosquitto says when the reason is "not authorized", and when the broker just closes the connection. */
const REFUSED = /not authorized|connection was lost|TLS error|Error:/i
const DEVICES = ['certified-1', 'certified-2']

describe.skipIf(isMissing && process.env.CI === undefined)('mosquitto_pub with a client certificate', () => {
  let bridge: StartedBridge
  let folder: string
  beforeAll(async () => {
    // a template of its own, so that the one that users start stays as it is
    folder = mkdtempSync(join(tmpdir(), 'bridge-interop-certificates-'))
    bridge = await startBridge(['-c', 'mutualTls=true'])
    for (const name of DEVICES) {
      const { certificate } = JSON.parse(
        await command('device', 'add', name, '--role', 'agent', '--certificate', '--json'),
      )
      writeFileSync(join(folder, `${name}.pem`), certificate.certificatePem)
      writeFileSync(join(folder, `${name}-key.pem`), certificate.privateKeyPem, { mode: 0o600 })
    }
  })
  afterAll(async () => {
    await bridge?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  async function command(...words: string[]): Promise<string> {
    const line = [process.execPath, 'bin/bridge.ts', ...words, '--state', bridge.stateFolder]
    const { exitCode, stdout, stderr } = await runShell(line.map((word) => `'${word}'`).join(' ')).result
    if (exitCode !== 0) throw new Error(`${words.join(' ')}: ${stderr}`)
    return stdout.trim()
  }

  /** Publishes as a device, with this certificate or none, and this password. */
  function publish(clientId: string, certificate: string | undefined, password: string) {
    const { port } = new URL(bridge.endpoints.mutualTls ?? '')
    const shown = certificate
      ? ['--cert', join(folder, `${certificate}.pem`), '--key', join(folder, `${certificate}-key.pem`)]
      : []
    const words = [
      ...['-V', 'mqttv5', '-h', 'localhost', '-p', port, '--cafile', bridge.caFile],
      ...['--tls-version', 'tlsv1.3', '-i', clientId, '-u', clientId, '-P', password, ...shown],
      ...['-q', '1', '-t', 'jamey/events/heartbeat', '-m', '{}'],
    ]
    const result = spawnSync(PROGRAM, words, { cwd: PROJECT_FOLDER, encoding: 'utf8', timeout: 20_000 })
    return { exitCode: result.status, stderr: result.stderr }
  }

  test('and a token publishes', async () => {
    const token = await command('token', '--client-id', 'certified-1')

    expect(publish('certified-1', 'certified-1', token)).toEqual({ exitCode: 0, stderr: '' })
  })

  test.each([
    ['another device’s certificate', 'certified-2', true],
    ['no certificate', undefined, true],
    ['no token', 'certified-1', false],
  ])('is refused with %s', async (_, certificate, hasToken) => {
    const token = hasToken ? await command('token', '--client-id', 'certified-1') : 'none'

    const { exitCode, stderr } = publish('certified-1', certificate, token)

    expect(exitCode).not.toBe(0)
    expect(stderr).toMatch(REFUSED)
  })
})
