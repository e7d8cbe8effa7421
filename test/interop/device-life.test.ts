import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type StartedBridge, startBridge } from './bridge.ts'
import { type RunningShell, runShell } from './shell.ts'

const missing = ['mosquitto_pub', 'mosquitto_sub'].filter((program) => spawnSync(program, ['--help']).error)
const NOT_AUTHORIZED = 0x87
const WAIT_SECONDS = 20
/** What the command promises: https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_DeleteConnection.html ends a connection at once. */
const DROPPED_WITHIN_MS = 1_000
const STATUS = '{"status":"online","message":"here","component":"interop"}'

if (missing.length > 0 && process.env.CI === undefined) {
  console.warn(`skipped: ${missing.join(', ')} not found; install Debian's package mosquitto-clients`)
}

describe.skipIf(missing.length > 0 && process.env.CI === undefined)('the life of a device with stock mosquitto', () => {
  let bridge: StartedBridge
  beforeAll(async () => {
    bridge = await startBridge()
  })
  afterAll(() => bridge[Symbol.asyncDispose]())

  /** `npx bridge …` for this runtime. */
  const command = (words: string) => `'${process.execPath}' bin/bridge.ts ${words} --state '${bridge.stateFolder}'`

  async function run(words: string): Promise<string> {
    const { exitCode, stdout, stderr } = await runShell(command(words)).result
    expect({ words, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ words, exitCode: 0, stderr: '' })
    return stdout
  }

  /** A program of mosquitto as this device, with a fresh token unless one is given. */
  function mosquitto(program: string, clientId: string, options: string, token?: string): RunningShell {
    const tls = `-h localhost -p ${bridge.port} --cafile '${bridge.caFile}' --tls-version tlsv1.3 -V mqttv5`
    const password = token ?? `$(${command(`token --client-id ${clientId}`)})`
    // into a pipe it would print its lines only at the end
    return runShell(`stdbuf -oL ${program} ${tls} -i ${clientId} -u device -P "${password}" -q 1 ${options}`)
  }

  test('added it sees events and cannot publish; revoked it is dropped and refused; restored it is back; and each refusal has its reason', async () => {
    const name = 'sensor-7'
    await run(`device add ${name} --role observer`)
    const stolen = (await run(`token --client-id ${name}`)).trim()
    const listening = mosquitto('mosquitto_sub', name, '-t jamey/events/# -d', stolen)
    await listening.printed('Subscribed (mid: 1): 1')
    const published = await mosquitto('mosquitto_pub', 'jamey-instance-1', `-t jamey/events/status -m '${STATUS}'`)
      .result
    expect(published.stderr).toBe('')
    await listening.printed(STATUS)

    const revoked = await runShell(command(`device revoke ${name} --no-wait`)).result
    const revokedAtMs = performance.now()
    const ended = await listening.result
    expect(performance.now() - revokedAtMs).toBeLessThan(DROPPED_WITHIN_MS)
    expect(revoked.stdout).toContain('its connection has ended')
    // administrative action
    expect(ended.stdout).toContain('Received DISCONNECT (152)')
    for (const token of [stolen, undefined]) await refused(name, token, 'device_inactive')
    expect(await explanation(`connect --client-id ${name}`)).toContain(
      'device_inactive: the device is registered with status "revoked"',
    )

    await run(`device restore ${name}`)
    await refused(name, stolen, 'token_revoked')
    expect(await explanation(`connect --token ${stolen}`)).toContain('token_revoked: ')

    const again = mosquitto('mosquitto_sub', name, `-t jamey/events/status -C 1 -W ${WAIT_SECONDS} -d`)
    await again.printed('Subscribed (mid: 1): 1')
    await mosquitto('mosquitto_pub', 'jamey-instance-1', `-t jamey/events/status -m '${STATUS}'`).result
    expect((await again.result).stdout).toContain(STATUS)
    const own = await mosquitto('mosquitto_pub', name, `-t jamey/events/status -m '${STATUS}'`).result
    expect(own.stderr).toContain('Publish 1 failed: Not authorized')
    expect(await explanation(`publish jamey/events/status --client-id ${name}`)).toMatch(/reason +\S.*role/)
  })

  const explanation = (words: string) => run(`explain ${words} --live`)

  async function refused(name: string, token: string | undefined, code: string): Promise<void> {
    const { exitCode } = await mosquitto('mosquitto_sub', name, `-t jamey/events/# -W ${WAIT_SECONDS}`, token).result
    expect(exitCode).toBe(NOT_AUTHORIZED)
    await expect(bridge.logged({ event: 'connection_refused', client_id: name, code })).resolves.toBeDefined()
  }
})
