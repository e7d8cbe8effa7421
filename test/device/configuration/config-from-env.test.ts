import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import jwt from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { configFromEnv } from '#device/index.ts'
import { deriveDeviceSecret, deviceKeyText } from '#keys/index.ts'

const MASTER = 'm'.repeat(32)
const KEY = deviceKeyText(MASTER, 'jamey-instance-1', 2)
let folder = ''
let file = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'device-env-'))
  file = join(folder, 'file.pem')
  writeFileSync(file, 'x')
})
afterAll(() => rmSync(folder, { recursive: true }))

const required = () => ({ MQTT_TLS_CA_CERT: file, MQTT_JWT_SECRET: KEY, MQTT_CLIENT_ID: 'jamey-instance-1' })

function problemsOf(environment: Record<string, string | undefined>): Record<string, string> {
  try {
    configFromEnv(environment)
    return {}
  } catch (error) {
    expect(error).toMatchObject({ code: 'environment_invalid', classification: 'fatal' })
    const { details } = error as { details: { problems: { variable: string; problem: string }[] } }
    return Object.fromEntries(details.problems.map(({ variable, problem }) => [variable, problem]))
  }
}

const signal = new AbortController().signal

describe('configFromEnv', () => {
  test('has the defaults of the table', () => {
    const { token, ...options } = configFromEnv(required())

    expect(token).toBeTypeOf('function')
    expect(options).toEqual({
      url: 'mqtts://localhost:8883',
      clientId: 'jamey-instance-1',
      permissions: ['${root}/#'],
      ca: file,
      keepAliveSeconds: 60,
      maxPacketBytes: 268_435_456,
      timeouts: { connectMs: 30_000 },
    })
  })

  test('makes up a client id of its own', () => {
    const one = configFromEnv({ ...required(), MQTT_CLIENT_ID: undefined }).clientId
    const two = configFromEnv({ ...required(), MQTT_CLIENT_ID: '' }).clientId

    expect(one).toMatch(/^jamey-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(two).not.toBe(one)
  })

  test('reads every variable', async () => {
    const { token, ...options } = configFromEnv({
      ...required(),
      MQTT_BROKER_URL: 'mqtts://broker.example',
      MQTT_PORT: '443',
      MQTT_TLS_CLIENT_CERT: file,
      MQTT_TLS_CLIENT_KEY: file,
      MQTT_JWT_LIFETIME_SECONDS: '120',
      MQTT_KEEP_ALIVE_SECONDS: '30',
      MQTT_MAX_PACKET_SIZE: '131072',
      MQTT_CONNECTION_TIMEOUT_SECONDS: '7',
      MQTT_PERMISSIONS: ' pub:${root}/events/# , ,sub:${root}/responses/${clientId},',
      MQTT_ORGANIZATION_ID: 'acme',
      MQTT_DEVICE_ID: 'drone-7',
      MQTT_CUSTOM_AUTHORIZER: 'jwt',
    })

    expect(options).toEqual({
      url: 'mqtts://broker.example:443',
      clientId: 'jamey-instance-1',
      permissions: ['pub:${root}/events/#', 'sub:${root}/responses/${clientId}'],
      ca: file,
      cert: file,
      key: file,
      keepAliveSeconds: 30,
      maxPacketBytes: 131_072,
      timeouts: { connectMs: 7_000 },
      organizationId: 'acme',
      deviceId: 'drone-7',
      customAuthorizerName: 'jwt',
    })
    if (typeof token !== 'function') throw new Error('expected a function')
    const claims = jwt.verify(
      await token({ reason: 'connect', signal }),
      deriveDeviceSecret(MASTER, 'jamey-instance-1', 2),
    )
    expect(claims).toMatchObject({ sub: 'jamey-instance-1', permissions: options.permissions })
    expect((claims as jwt.JwtPayload).exp).toBe(((claims as jwt.JwtPayload).iat ?? 0) + 120)
  })

  test.each([
    ['mqtt://localhost', undefined, 'mqtts://localhost:8883'],
    ['mqtt://localhost:1883', undefined, 'mqtts://localhost:1883'],
    ['mqtts://localhost:8884', '8884', 'mqtts://localhost:8884'],
    ['wss://broker.example/mqtt', undefined, 'wss://broker.example/mqtt'],
    ['wss://broker.example/mqtt?x=1', '9443', 'wss://broker.example:9443/mqtt?x=1'],
  ])('takes %s with port %s as %s', (MQTT_BROKER_URL, MQTT_PORT, url) => {
    expect(configFromEnv({ ...required(), MQTT_BROKER_URL, MQTT_PORT }).url).toBe(url)
  })

  test('names all problems at once', () => {
    const problems = problemsOf({
      MQTT_BROKER_URL: 'tcp://localhost',
      MQTT_PORT: 'many',
      MQTT_TLS_CLIENT_CERT: '/nowhere.pem',
      MQTT_JWT_LIFETIME_SECONDS: '59',
      MQTT_CLIENT_ID: 'a b',
      MQTT_KEEP_ALIVE_SECONDS: '9',
      MQTT_MAX_PACKET_SIZE: '0',
      MQTT_CONNECTION_TIMEOUT_SECONDS: '1.5',
      MQTT_PERMISSIONS: 'a/#/b',
      MQTT_ORGANIZATION_ID: '/',
    })

    expect(problems).toEqual({
      MQTT_BROKER_URL: 'expected mqtts, mqtt (which means TLS too) or wss, got tcp',
      MQTT_PORT: 'expected a whole number',
      MQTT_TLS_CA_CERT: 'there is no file ./certs/ca.crt',
      MQTT_TLS_CLIENT_CERT: 'there is no file /nowhere.pem',
      MQTT_TLS_CLIENT_KEY: 'certificate and key belong together',
      MQTT_JWT_SECRET: 'is missing; it is the device key that "npx bridge device key" prints',
      MQTT_JWT_LIFETIME_SECONDS: 'expected 60 to 86400',
      MQTT_CLIENT_ID: expect.stringContaining('expected text that fits'),
      MQTT_KEEP_ALIVE_SECONDS: 'expected 10 to 65535',
      MQTT_MAX_PACKET_SIZE: 'expected 1 to 268435460',
      MQTT_CONNECTION_TIMEOUT_SECONDS: 'expected a whole number',
      MQTT_PERMISSIONS: expect.stringContaining('# stands alone'),
      MQTT_ORGANIZATION_ID: expect.stringContaining('expected text that fits'),
    })
  })

  test.each([
    ['MQTT_BROKER_URL', 'nowhere', /expected a URL/],
    ['MQTT_BROKER_URL', 'mqtts://me:pass@host', /no user name/],
    ['MQTT_JWT_SECRET', 'short', /at least 32 characters/],
    ['MQTT_JWT_SECRET', 's3cret'.repeat(8), /expected a device key/],
    ['MQTT_TLS_CLIENT_KEY', 'key.pem', /no file/],
  ])('refuses %s = %s without repeating a secret', (variable, value, message) => {
    const problems = problemsOf({ ...required(), [variable]: value })

    expect(problems[variable]).toMatch(message)
    expect(JSON.stringify(problems)).not.toContain('s3cret')
  })

  test('refuses two ports that differ', () => {
    expect(problemsOf({ ...required(), MQTT_BROKER_URL: 'mqtts://host:1', MQTT_PORT: '2' })).toEqual({
      MQTT_PORT: 'is 2, and MQTT_BROKER_URL says 1',
    })
  })
})
