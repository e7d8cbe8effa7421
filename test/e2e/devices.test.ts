import { readFileSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DescribeCertificateCommand, IoTClient, ListAttachedPoliciesCommand } from '@aws-sdk/client-iot'
import jwt from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PROJECT_FOLDER } from './harness/assembly.ts'
import {
  type BridgeProcess,
  type CommandResult,
  connectDevice,
  type Device,
  disconnected,
  runHere,
  sharedFolders,
  startBridgeProcess,
  temporaryFolder,
} from './harness/index.ts'

const state = temporaryFolder()
let bridge: BridgeProcess
beforeAll(async () => {
  const { assembly } = await sharedFolders()
  bridge = await startBridgeProcess(state.path, ['--template', assembly, '--upstream', 'none'])
})
afterAll(async () => {
  await bridge?.[Symbol.asyncDispose]()
  state[Symbol.dispose]()
})

const run = (...args: string[]) => runHere([...args, '--state', state.path])
async function succeed(...args: string[]): Promise<string> {
  const result = await run(...args)
  expect(result, result.stderr).toMatchObject({ exitCode: 0 })
  return result.stdout.trim()
}
const show = async (name: string) =>
  JSON.parse(await succeed('device', 'show', name, '--json')) as Record<string, unknown>
const explainLive = async (...args: string[]) =>
  JSON.parse(await succeed('explain', ...args, '--live', '--json')) as Record<string, unknown>
const connect = (clientId: string, password: string): Promise<Device> =>
  connectDevice(bridge.ready.mqttUrl, bridge.ready.caFile, {
    clientId,
    password,
    subscribe: ['jamey/events/status'],
  })

/** A token as a device with this key signs it. */
function signedBy(deviceKey: string, clientId: string): string {
  const [keyid = '', secret = ''] = deviceKey.split('.')
  return jwt.sign({ sub: clientId, permissions: ['sub:jamey/#'] }, secret, { keyid, expiresIn: 60 })
}

function expectFailure(result: CommandResult, exitCode: number, code: string): void {
  expect(result).toMatchObject({ exitCode, stderr: expect.stringContaining(`${code}: `) })
}

const NOT_AUTHORIZED = { code: 135 }

test('a device is added, used, revoked, restored, and what it had before stays worthless', async () => {
  const name = 'sensor-7'
  await succeed('device', 'add', name, '--role', 'observer', '--attribute', 'floor=2')
  const key = await succeed('device', 'key', name)
  const [issued, own] = [await succeed('token', '--client-id', name), signedBy(key, name)]
  {
    await using device = await connect(name, own)
    await expect(device.publish('jamey/events/status', '{}')).rejects.toMatchObject(NOT_AUTHORIZED)
  }
  const device = await connect(name, issued)
  const ended = disconnected(device)

  const revoked = JSON.parse(await succeed('device', 'revoke', name, '--no-wait', '--json')) as Record<string, unknown>

  await ended
  expect(revoked).toMatchObject({ status: 'revoked', key_version: 2, wasConnected: true })
  await expect(connect(name, issued)).rejects.toMatchObject(NOT_AUTHORIZED)
  await expect(connect(name, own)).rejects.toMatchObject(NOT_AUTHORIZED)
  expectFailure(await run('token', '--client-id', name, '--service'), 1, 'device_inactive')
  expectFailure(await run('device', 'key', name), 1, 'device_inactive')
  expect(await explainLive('connect', '--client-id', name)).toMatchObject({
    decision: 'denied',
    role: 'observer',
    reason: 'device_inactive: the device is registered with status "revoked"',
  })

  await succeed('device', 'restore', name)
  const fresh = await connect(name, await succeed('token', '--client-id', name))
  await fresh[Symbol.asyncDispose]()
  await expect(connect(name, issued)).rejects.toMatchObject(NOT_AUTHORIZED)
  await expect(connect(name, own)).rejects.toMatchObject(NOT_AUTHORIZED)
  const reasonFor = async (token: string) => (await explainLive('connect', '--token', token)).reason
  expect(await reasonFor(issued)).toMatch(/^token_revoked: /)
  expect(await reasonFor(own)).toMatch(/^token_key_revoked: .* version 1 /)
  expect(await explainLive('subscribe', 'jamey/events/#', '--client-id', name)).toMatchObject({ decision: 'allowed' })
  expect(await reasonFor(signedBy(key, 'nobody-there'))).toMatch(/^device_unknown: /)
  const good = await explainLive('connect', '--token', await succeed('token', '--client-id', name))
  expect(good).toMatchObject({ decision: 'allowed', role: 'observer', record: 'accepts', authorizer: 'accepts' })
  // how long a token may live is known to the authorizer alone
  const long = await explainLive(
    'connect',
    '--token',
    await succeed('token', '--client-id', name, '--lifetime', '3600'),
  )
  expect(long).toMatchObject({
    decision: 'denied',
    authorizer: 'refuses',
    reason: expect.stringContaining('the authorizer of the deployment refuses it'),
  })
})

test('a renewed key replaces the one before, the tokens that it fetched, and the connection', async () => {
  const name = 'sensor-8'
  await succeed('device', 'add', name, '--role', 'observer')
  const before = await succeed('device', 'key', name)
  expect(await succeed('device', 'key', name)).toBe(before)
  const issued = await succeed('token', '--client-id', name)
  const connected = await connect(name, signedBy(before, name))
  const ended = disconnected(connected)
  const after = await succeed('device', 'key', name, '--renew', '--no-wait')

  await ended
  await expect(connect(name, signedBy(before, name))).rejects.toMatchObject(NOT_AUTHORIZED)
  await expect(connect(name, issued)).rejects.toMatchObject(NOT_AUTHORIZED)
  const device = await connect(name, signedBy(after, name))
  await device[Symbol.asyncDispose]()
})

async function policiesOf(certificateId = ''): Promise<string[]> {
  const { apiUrl, credentials, region } = JSON.parse(readFileSync(join(state.path, 'runtime.json'), 'utf8')) as {
    apiUrl: string
    region: string
    credentials: { accessKeyId: string; secretAccessKey: string }
  }
  const iot = new IoTClient({ endpoint: apiUrl, region, credentials })
  const { certificateDescription } = await iot.send(new DescribeCertificateCommand({ certificateId }))
  const target = certificateDescription?.certificateArn
  const { policies = [] } = await iot.send(new ListAttachedPoliciesCommand({ target }))
  return policies.flatMap(({ policyName }) => policyName ?? [])
}

describe('registering', () => {
  const folder = join(PROJECT_FOLDER, 'certs/devices/local/robot-e2e')
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('makes thing, membership, certificate and record, and the files are for their owner alone', async () => {
    await succeed(
      ...['device', 'add', 'robot-e2e', '--role', 'agent', '--organization-id', 'acme', '--device-id', 'Robot-1'],
      ...['--attribute', 'floor=2', '--certificate'],
    )

    const shown = await show('robot-e2e')
    const [certificateId] = shown.certificate_ids as string[]
    expect(shown).toMatchObject({
      role: 'agent',
      organization_id: 'acme',
      device_id: 'Robot-1',
      status: 'active',
      key_version: 1,
      thing: {
        attributes: { floor: '2', role: 'agent', organizationId: 'acme', deviceId: 'Robot-1' },
        groups: ['mqtt-cloud-bridge-dev-agent'],
      },
      certificates: [{ certificateId, status: 'ACTIVE' }],
    })
    for (const file of ['certificate.pem', 'private-key.pem']) {
      expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
    }
    expect(readFileSync(join(folder, 'private-key.pem'), 'utf8')).toContain('PRIVATE KEY')
  })

  test('a certificate that was revoked stays inactive when its device is restored with a new one', async () => {
    const [old] = (await show('robot-e2e')).certificate_ids as string[]
    await succeed('device', 'revoke', 'robot-e2e', '--no-wait')
    await succeed('device', 'restore', 'robot-e2e', '--certificate')

    const { certificate_ids, certificates } = await show('robot-e2e')
    const [current] = certificate_ids as string[]
    expect(current).not.toBe(old)
    expect(certificates).toHaveLength(2)
    expect(certificates).toEqual(
      expect.arrayContaining([
        { certificateId: old, status: 'INACTIVE' },
        { certificateId: current, status: 'ACTIVE' },
      ]),
    )
  })

  test('an active device changes over to a new certificate', async () => {
    const [old] = (await show('robot-e2e')).certificate_ids as string[]
    await succeed('device', 'certificate', 'robot-e2e')
    const both = await show('robot-e2e')
    expect(both.certificate_ids).toEqual([old, expect.stringMatching(/^[a-f0-9]{64}$/)])
    await succeed('device', 'certificate', 'robot-e2e', '--renew')

    const { certificate_ids, certificates } = await show('robot-e2e')
    expect(certificate_ids).toHaveLength(1)
    const active = (certificates as { certificateId: string; status: string }[]).filter(
      (one) => one.status === 'ACTIVE',
    )
    expect(active.map(({ certificateId }) => certificateId)).toEqual(certificate_ids)
    expect(both.certificate_ids).not.toContain(active[0]?.certificateId)
  })

  test('a certificate for a device without tokens has the policies of its role, also of a device that is restored', async () => {
    const added = JSON.parse(
      await succeed('device', 'add', 'meter-1', '--role', 'observer', '--certificate-only', '--json'),
    ) as { certificate: Record<string, string> }

    expect(added.certificate).toMatchObject({ privateKeyPem: expect.stringContaining('PRIVATE KEY') })
    expect(added.certificate).not.toHaveProperty('folder')
    const expected = await policiesOf(added.certificate.certificateId)
    expect(expected).not.toEqual([])
    await succeed('device', 'revoke', 'meter-1', '--no-wait')
    const restored = JSON.parse(await succeed('device', 'restore', 'meter-1', '--certificate-only', '--json')) as {
      certificate: Record<string, string>
    }
    expect(await policiesOf(restored.certificate.certificateId)).toEqual(expected)
  })

  test.each([
    ['a name that is taken', ['device', 'add', 'observer-1', '--role', 'observer'], 1, 'device_exists'],
    ['a role that is not deployed', ['device', 'add', 'x', '--role', 'nobody'], 2, 'role_not_deployed'],
    ['a name of other characters', ['device', 'add', 'a b', '--role', 'agent'], 2, 'client_id_invalid'],
    ['an attribute without value', ['device', 'add', 'x', '--role', 'agent', '--attribute', 'a'], 2, 'invalid_option'],
    [
      'an attribute of the bridge',
      ['device', 'add', 'x', '--role', 'agent', '--attribute', 'organizationId=a'],
      2,
      'invalid_option',
    ],
    [
      'an attribute of other characters',
      ['device', 'add', 'x', '--role', 'agent', '--attribute', 'a b=c'],
      2,
      'invalid_option',
    ],
    [
      'a value of other characters',
      ['device', 'add', 'x', '--role', 'agent', '--attribute', 'a=b c'],
      2,
      'invalid_option',
    ],
    ['a status that there is not', ['device', 'list', '--status', 'bogus'], 2, 'usage'],
    ['a device that is not there', ['device', 'show', 'nobody'], 1, 'device_not_found'],
    ['restoring what is not revoked', ['device', 'restore', 'observer-1'], 1, 'device_not_revoked'],
  ])('%s is told', async (_, args, exitCode, code) => {
    expectFailure(await run(...args), exitCode, code)
  })

  test('devices are listed, and can be chosen by status', async () => {
    const lines = (await succeed('device', 'list', '--json')).split('\n').map((line) => JSON.parse(line) as object)
    const revoked = await succeed('device', 'list', '--status', 'revoked')

    expect(lines).toContainEqual(expect.objectContaining({ client_id: 'jamey-instance-1', organization_id: 'acme' }))
    expect(revoked).toBe('')
  })
})

describe('the token service', () => {
  test('issues a token that is cut to the role, and it connects', async () => {
    const result = await run('token', '--client-id', 'observer-1', '--service', '--permissions', 'jamey/#')

    expect(result).toMatchObject({ exitCode: 0, stderr: 'cut to the role: jamey/#\n' })
    const device = await connect('observer-1', result.stdout.trim())
    await device[Symbol.asyncDispose]()
  })

  test('gives a device with its client key a token, and nobody without', async () => {
    const { tokenServiceUrl } = JSON.parse(readFileSync(join(state.path, 'runtime.json'), 'utf8')) as {
      tokenServiceUrl: string
    }
    const key = await succeed('device', 'key', 'observer-1', '--client')
    const ask = (authorization: string) =>
      fetch(`${tokenServiceUrl}/device-tokens`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify({ client_id: 'observer-1' }),
      })

    const response = await ask(`Bearer ${key}`)
    const { token } = (await response.json()) as { token: string }
    const device = await connect('observer-1', token)
    await device[Symbol.asyncDispose]()
    expect((await ask('Bearer client-1.x')).status).toBe(401)
    expect((await fetch(`${tokenServiceUrl}/tokens`, { method: 'POST', body: '{}' })).status).toBe(403)
  })
})

test('what was registered is there after a restart; a key that was rotated and then stolen is not', async () => {
  const before = await show('meter-1')
  const stolen = await succeed('token', '--client-id', 'observer-1')
  await succeed('secret', 'rotate')
  await succeed('secret', 'rotate', '--compromised')
  await bridge.kill('SIGTERM')
  const { assembly } = await sharedFolders()
  bridge = await startBridgeProcess(state.path, ['--template', assembly, '--upstream', 'none'])

  expect(await show('meter-1')).toEqual(before)
  await expect(connect('observer-1', stolen)).rejects.toMatchObject(NOT_AUTHORIZED)
  const device = await connect('observer-1', await succeed('token', '--client-id', 'observer-1'))
  await device[Symbol.asyncDispose]()
})
