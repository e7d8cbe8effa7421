import { createServer } from 'node:net'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { readEdgeSettings, startEdge } from '#edge/index.ts'
import { runHere, temporaryFolder } from '../e2e/harness/index.ts'

const folder = temporaryFolder()

/** A device with its own key, whose broker is away: the service starts all the same. */
const DEVICE = {
  MQTT_BROKER_URL: 'mqtts://localhost:1',
  MQTT_CLIENT_ID: 'sensor-7',
  MQTT_JWT_SECRET: `device-1.${'k'.repeat(43)}`,
  MQTT_TLS_CA_CERT: 'certs/README.md',
}

describe('bridge edge', () => {
  beforeEach(() => {
    vi.stubEnv('EDGE_STATE_FOLDER', folder.path)
    vi.stubEnv('TS_CLIENT_HOST', '127.0.0.1')
  })
  afterEach(() => vi.unstubAllEnvs())
  afterAll(() => folder[Symbol.dispose]())

  function set(variables: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  }

  test('tells all problems of service and connection at once, without values', async () => {
    set({ ...DEVICE, TS_CLIENT_PORT: 'many', EDGE_TOKEN: 'short', MQTT_CLIENT_ID: '', MQTT_KEEP_ALIVE_SECONDS: '2' })
    const { exitCode, stderr } = await runHere(['edge'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('environment_invalid: the configuration is not valid: ')
    for (const name of ['TS_CLIENT_PORT', 'EDGE_TOKEN', 'MQTT_KEEP_ALIVE_SECONDS'])
      expect(stderr).toContain(`${name}: `)
    expect(stderr).not.toContain('short')
  })

  test('does not listen where others reach it without a token', async () => {
    set({ ...DEVICE, TS_CLIENT_HOST: '0.0.0.0' })
    const { exitCode, stderr } = await runHere(['edge', '--port', '0'])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('EDGE_TOKEN: is missing')])
  })

  test('says that its port is in use', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    set(DEVICE)
    const { exitCode, stderr } = await runHere(['edge', '--port', String(port)])
    server.close()
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`port_in_use: port ${port} is in use`)])
  })

  test('says that another service has its state', async () => {
    const { settings } = readEdgeSettings({ TS_CLIENT_PORT: '0', EDGE_STATE_FOLDER: folder.path })
    await using _ = await startEdge({
      settings: { ...settings, host: '127.0.0.1' },
      device: { url: 'mqtts://localhost:1', clientId: 'sensor-7' },
    })
    set(DEVICE)
    const { exitCode, stderr } = await runHere(['edge', '--port', '0'])
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('state_in_use: ')])
  })
})
