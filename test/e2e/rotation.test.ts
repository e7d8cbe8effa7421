import { GetSecretValueCommand, RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deviceMasterSchema, KEY_LIMITS, signingKey } from '#contract/index.ts'
import { deriveDeviceSecret } from '#keys/index.ts'
import { readIssuerKeys } from '../../cli/issuer-keys.ts'
import { signToken } from '../fixtures/tokens.ts'
import { awsOptions, type Bridge, NAMES, startBridge } from './harness/index.ts'

const CLIENT = 'jamey-instance-1'
const EVALUATE = { action: 'Delete user data', context: 'User requested account deletion' }

let bridge: Bridge
let secrets: SecretsManagerClient
beforeAll(async () => {
  bridge = await startBridge()
  secrets = new SecretsManagerClient(awsOptions(bridge.runtime))
})
afterAll(async () => {
  secrets?.destroy()
  await bridge?.[Symbol.asyncDispose]()
})

test('the issuer key is rotated by the bundled function under its own role; what is connected stays, and tokens are taken', async () => {
  await using before = await bridge.connect({ clientId: CLIENT })
  await secrets.send(new RotateSecretCommand({ SecretId: NAMES.issuerSecret }))
  await bridge.log.runtime.take('rotation', ({ event }) => event === 'secret_rotated')
  const keys = await readIssuerKeys(secrets, NAMES.issuerSecret)
  const nowSeconds = Date.now() / 1_000

  expect(keys.map(({ kid }) => kid)).toEqual([expect.stringMatching(/^issuer-[0-9a-f]{12}$/), bridge.issuerKey.kid])
  // no verifier has had to read the new key yet, so nobody signs with it
  expect(signingKey(keys, nowSeconds)).toEqual(bridge.issuerKey)
  expect(keys[0]?.signs_from_seconds).toBeGreaterThan(nowSeconds + KEY_LIMITS.cachedSeconds)
  const reply = await before.request('jamey/conscience/evaluate', EVALUATE, { reply_to: `jamey/responses/${CLIENT}` })
  expect(reply.envelope.metadata?.status).toBe('ok')
  await using again = await bridge.connect({ clientId: 'cli-request' })
  expect(again.client.connected).toBe(true)
  for (const { secret } of keys) expect(bridge.log.text()).not.toContain(secret)
})

test('a device signs for itself with its own key, and for nobody else', async () => {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: NAMES.deviceMasterSecret }))
  const master = deviceMasterSchema.parse(JSON.parse(SecretString ?? 'null')).secret
  const key = { secret: deriveDeviceSecret(master, CLIENT, 1) }
  const iat = Math.floor(Date.now() / 1_000)
  const token = (sub: string) =>
    signToken(
      { alg: 'HS256', typ: 'JWT', kid: 'device-1' },
      { sub, iat, exp: iat + 60, permissions: ['${root}/#'] },
      key,
    )

  await using device = await bridge.connect({ clientId: CLIENT, password: token(CLIENT) })
  expect(device.client.connected).toBe(true)
  await expect(bridge.connect({ clientId: 'cli-request', password: token('cli-request') })).rejects.toMatchObject({
    code: 0x87,
  })
  const refused = await bridge.log.functions.take('refusal', ({ message }) => message === 'connection_refused')
  expect(refused).toMatchObject({ code: 'token_signature_invalid', decision: 'denied', action: 'connect' })
  expect(bridge.log.text()).not.toContain(master)
})
