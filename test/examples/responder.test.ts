import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { connect, jamey } from '#device/index.ts'
import { startBridge } from '../e2e/harness/index.ts'
import { deviceEnvironment, runExample } from './run-example.ts'

const COMMAND = 'org/{organizationId}/device/{deviceId}/command/web'

test('a device answers the commands of a page, each once', async () => {
  await using bridge = await startBridge()
  const { mqttUrl, caFile } = bridge.runtime
  const identity = { organization_id: 'acme', device_id: 'Instance-1' }
  await bridge.register({ client_id: 'page-1', ...identity })
  await using responder = runExample('examples/responder/responder.ts', [], {
    ...(await deviceEnvironment(bridge, 'jamey-instance-1')),
    MQTT_ORGANIZATION_ID: identity.organization_id,
    MQTT_DEVICE_ID: identity.device_id,
    MQTT_PERMISSIONS: '${root}/#,org/${organizationId}/device/${deviceId}/#',
  })
  await responder.out.take('ready', (line) => line === 'ready')
  await using page = await connect(jamey, {
    url: mqttUrl,
    ca: readFileSync(caFile, 'utf8'),
    clientId: 'page-1',
    organizationId: identity.organization_id,
    deviceId: identity.device_id,
    token: () => bridge.token('page-1'),
  })
  const ask = (command: string, more: object = {}) =>
    page.request(COMMAND, { deviceId: identity.device_id, command, ...more })

  const messageId = randomUUID()
  const first = await ask('uptime', { messageId })
  const again = await ask('uptime', { messageId })

  expect(first).toMatchObject({ messageId, status: 'success', seconds: expect.any(Number) })
  expect(again).toEqual(first)
  expect(await ask('echo', { text: 'hello' })).toMatchObject({ status: 'success', echo: 'hello' })
  await expect(ask('fly')).rejects.toMatchObject({ code: 'request_refused' })
  const carriedOut = responder.err.all.filter((line) => line.startsWith('command: '))
  expect(carriedOut).toEqual(['command: uptime', 'command: echo', 'command: fly'])

  responder.stop('SIGTERM')
  expect(await responder.exitCode).toBe(0)
})
