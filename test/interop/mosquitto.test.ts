import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blockAfter, readDocument } from '../docs/markdown.ts'
import { type StartedBridge, startBridge } from './bridge.ts'
import { runShell } from './shell.ts'

const PROGRAMS = ['mosquitto_pub', 'mosquitto_sub', 'mosquitto_rr']
const missing = PROGRAMS.filter((program) => spawnSync(program, ['--help']).error)
/** How long a program of mosquitto waits for a message, in seconds. */
const WAIT_SECONDS = 20
/** Exit codes of mosquitto: the MQTT 5 reason "not authorized", the return code of 3.1.1, and a lost connection. */
const EXIT = { notAuthorizedV5: 0x87, notAuthorizedV311: 5, connectionLost: 7 } as const

const readme = readDocument('README.md')
const expected = JSON.parse(blockAfter(readme, 'the reply of the line above, held by a test'))

if (missing.length > 0 && process.env.CI === undefined) {
  console.warn(`skipped: ${missing.join(', ')} not found; install Debian's package mosquitto-clients`)
}

describe.skipIf(missing.length > 0 && process.env.CI === undefined)('stock mosquitto clients', () => {
  let bridge: StartedBridge

  beforeAll(async () => {
    bridge = await startBridge()
  })
  afterAll(() => bridge[Symbol.asyncDispose]())

  test('the README lines for mosquitto_sub and mosquitto_pub show the reply', async () => {
    // into a pipe it would print its lines only at the end
    const listen = fromReadme('listen').replace('mosquitto_sub', 'stdbuf -oL mosquitto_sub')
    const listening = runShell(`${listen} -d -C 1 -W ${WAIT_SECONDS}`)
    await listening.printed('Subscribed (mid: 1): 1')

    const published = await runShell(fromReadme('publish')).result
    const heard = await listening.result

    expect(published).toMatchObject({ exitCode: 0, stderr: '' })
    expect(replyIn(heard.stdout)).toMatchObject({
      topic: 'jamey/conscience/results',
      payload: expected,
      metadata: { client_id: 'jamey-instance-1', in_reply_to: messageIdOf('publish'), status: 'ok' },
    })
  })

  test('the README lines for mosquitto_rr show the reply', async () => {
    const { exitCode, stdout } = await runShell(`${fromReadme('request')} -W ${WAIT_SECONDS}`).result

    expect(exitCode).toBe(0)
    expect(replyIn(stdout)).toMatchObject({
      topic: 'jamey/responses/jamey-instance-1',
      payload: expected,
      metadata: { in_reply_to: messageIdOf('request'), status: 'ok' },
    })
  })

  test('a repeated request gets the stored reply word for word, in a trace of its own', async () => {
    const request = `${fromReadme('request')} -W ${WAIT_SECONDS}`

    const first = await runShell(request).result
    const second = await runShell(request).result
    const withoutTrace = (text: string) => text.replace(/"traceparent":"[^"]*"/, '')

    expect([first.exitCode, second.exitCode]).toEqual([0, 0])
    expect(second.stdout).not.toBe(first.stdout)
    expect(withoutTrace(second.stdout)).toBe(withoutTrace(first.stdout))
  })

  test('MQTT 3.1.1 is answered on the topic of reply_to', async () => {
    const replyTo = 'jamey/responses/jamey-instance-1'
    const script = fromReadme('request')
      .replace('-V mqttv5', '-V mqttv311')
      .replace(messageIdOf('request'), '0d9c7d5c-6f0a-4b0e-8d6e-4f6b1f6f3311')
      .replace('"metadata":{}', `"metadata":{"reply_to":"${replyTo}"}`)

    const { exitCode, stdout } = await runShell(`${script} -W ${WAIT_SECONDS}`).result

    expect(exitCode).toBe(0)
    expect(replyIn(stdout)).toMatchObject({ topic: replyTo, payload: expected })
  })

  test('malformed JSON is answered with its code', async () => {
    const script = fromReadme('request').replace(/-m '.*'/, "-m 'no JSON'")

    const { stdout } = await runShell(`${script} -W ${WAIT_SECONDS}`).result

    expect(replyIn(stdout)).toMatchObject({ payload: { code: 'malformed_json' }, metadata: { status: 'error' } })
  })

  test('the README lines for mosquitto_rr without envelope show the bare reply', async () => {
    const { exitCode, stdout } = await runShell(`${fromReadme('bare request')} -W ${WAIT_SECONDS}`).result

    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toEqual(expected)
  })

  test('a bare request gets its own correlation data back', async () => {
    const script = fromReadme('bare request').replace('-q 1', "-q 1 -D publish correlation-data '4711' -F '%D %p'")

    const { stdout } = await runShell(`${script} -W ${WAIT_SECONDS}`).result

    expect(stdout).toMatch(/^4711 \{/)
  })

  test('MQTT 5 tells that a publish is not authorized, and the log why', async () => {
    const { stderr } = await runShell(forbiddenPublish('mqttv5')).result

    expect(stderr).toContain('Publish 1 failed: Not authorized')
    await expect(bridge.logged({ event: 'denied', name: 'jamey/memory/updates' })).resolves.toMatchObject({
      reasonCode: '0x87',
    })
  })

  test('MQTT 3.1.1, which has no reason codes, loses the connection over a publish that is not authorized', async () => {
    const { exitCode } = await runShell(forbiddenPublish('mqttv311')).result

    expect(exitCode).toBe(EXIT.connectionLost)
  })

  test.each([
    ['mqttv5', EXIT.notAuthorizedV5, 'Not authorized'],
    ['mqttv311', EXIT.notAuthorizedV311, 'not authorised'],
  ])('a bad token is refused over %s, and the log has the code', async (version, exitCode, text) => {
    const script = fromReadme('publish')
      .replace('-V mqttv5', `-V ${version}`)
      .replace('"$TOKEN"', '"${TOKEN%?????}wrong"')

    const result = await runShell(script).result

    expect(result.exitCode).toBe(exitCode)
    expect(result.stderr).toContain(text)
    await expect(bridge.logged({ event: 'connection_refused', code: 'token_signature_invalid' })).resolves.toBeDefined()
  })

  test('TLS 1.2 is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bridge-interop-tls-'))
    const config = join(folder, 'openssl.cnf')
    // mosquitto's --tls-version is a lower bound; only OpenSSL's own configuration keeps it from going higher
    writeFileSync(config, 'openssl_conf=a\n[a]\nssl_conf=b\n[b]\nsystem_default=c\n[c]\nMaxProtocol=TLSv1.2\n')
    const script = fromReadme('publish')
      .replace('--tls-version tlsv1.3', '')
      .replace('mosquitto_pub', `OPENSSL_CONF=${config} mosquitto_pub`)

    const { exitCode, stderr } = await runShell(script).result
    rmSync(folder, { recursive: true })

    expect(stderr).toContain('TLS error')
    expect(exitCode).not.toBe(0)
  })

  /** The lines as they stand in the README, for this runtime instead of the one on the default port. */
  function fromReadme(name: 'listen' | 'publish' | 'request' | 'bare request'): string {
    const token = `'${process.execPath}' bin/bridge.ts token --state '${bridge.stateFolder}'`
    return blockAfter(readme, `mosquitto: ${name}`)
      .trim()
      .replace('npx bridge token', token)
      .replace('-p 8883', `-p ${bridge.port}`)
      .replace('certs/local/ca.pem', `'${bridge.caFile}'`)
  }

  function forbiddenPublish(version: string): string {
    return fromReadme('publish')
      .replace('-V mqttv5', `-V ${version}`)
      .replace('-t jamey/conscience/evaluate', '-t jamey/memory/updates')
  }
})

function messageIdOf(name: 'publish' | 'request'): string {
  const [, id] = /"message_id":"([^"]+)"/.exec(blockAfter(readme, `mosquitto: ${name}`)) ?? []
  return id ?? ''
}

/** The envelope among what a program printed. */
function replyIn(stdout: string): unknown {
  const line = stdout.split('\n').find((one) => one.startsWith('{'))
  return line === undefined ? stdout : JSON.parse(line)
}
