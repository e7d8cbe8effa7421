import { RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import jwt from 'jsonwebtoken'
import { expect, test } from 'vitest'
import { signingKey } from '#contract/index.ts'
import { connect, jamey } from '#device/index.ts'
import { ALL_PERMISSIONS, issueToken } from '../../cli/issue-token.ts'
import { readIssuerKeys } from '../../cli/issuer-keys.ts'
import { askTokenService } from '../../cli/token-service.ts'
import { awsOptions, type Bridge, NAMES, quickKeysAssembly, startBridge } from './harness/index.ts'

const EVALUATE = { action: 'Delete user data', context: 'User requested account deletion' }
/** Connects with the new key that each publisher makes before it stops. */
const CONNECTS_AFTER = 2
const ISSUER_CACHE_MS = 1_000

/** What was published, and with which key each connect was made. */
function createRecord(oldKid: string, clientCount: number) {
  const begun = Promise.withResolvers<void>()
  const sent: string[] = []
  const connects = new Map<string, string[]>()
  return {
    sent,
    connects,
    /** Resolves when each client has a token. */
    begun: begun.promise,
    connected(clientId: string, token: string) {
      const kid = jwt.decode(token, { complete: true })?.header.kid ?? ''
      connects.set(clientId, [...(connects.get(clientId) ?? []), kid])
      if (connects.size === clientCount) begun.resolve()
    },
    isDone(clientId: string) {
      return (connects.get(clientId) ?? []).filter((kid) => kid !== oldKid).length >= CONNECTS_AFTER
    },
    next(clientId: string) {
      const message = `${clientId} ${sent.length}`
      sent.push(message)
      return { status: 'online', message, component: clientId } as const
    },
  }
}
type LoadRecord = ReturnType<typeof createRecord>

test('a rotation under load loses no message and refuses no token', async () => {
  using assembly = await quickKeysAssembly()
  await using bridge = await startBridge({ assemblyFolder: assembly.folder })
  const staying = ['jamey-instance-1', 'jamey-instance-2']
  const returning = ['cli-request', 'cli-publish']
  const record = createRecord(bridge.issuerKey.kid, staying.length + returning.length)
  const issue = createIssuer(bridge)
  await using observer = await bridge.connect({ clientId: 'observer-1', subscribe: ['jamey/events/status'] })

  const publishers = [
    ...staying.map((clientId) => renewing(bridge, clientId, record)),
    ...returning.map((clientId) => reconnecting(bridge, clientId, record, issue)),
  ]
  const published = Promise.all(publishers)
  await Promise.race([record.begun, published])
  await issue.secrets.send(new RotateSecretCommand({ SecretId: NAMES.issuerSecret }))
  await bridge.log.runtime.take('rotation', ({ event }) => event === 'secret_rotated')
  await published

  for (const message of record.sent) {
    await observer.messages.take(
      message,
      ({ envelope }) => (envelope.payload as { message: string }).message === message,
    )
  }
  for (const kids of record.connects.values()) {
    expect(kids[0]).toBe(bridge.issuerKey.kid)
    expect(new Set(kids).size).toBe(2)
  }
  // its last tokens may still be under way
  await using late = await bridge.connect({ clientId: 'operator-1', password: bridge.token('operator-1') })
  expect(late.client.connected).toBe(true)
  const refused = bridge.log.functions.all.filter(({ message }) => message === 'connection_refused')
  // on a machine under load the authorizer may not get an answer in time; that says nothing of the token, and the client comes again
  expect(refused.filter(({ code }) => code !== 'authorizer_unavailable')).toEqual([])
})

/** An issuer of its own: reads the secret as often as it has to, and signs with the key whose time it is. */
function createIssuer({ runtime }: Bridge) {
  const secrets = new SecretsManagerClient(awsOptions(runtime))
  let read: { keys: ReturnType<typeof readIssuerKeys>; atMs: number } | undefined
  return {
    secrets,
    async token(clientId: string): Promise<string> {
      if (!read || Date.now() - read.atMs >= ISSUER_CACHE_MS) {
        read = { keys: readIssuerKeys(secrets, NAMES.issuerSecret), atMs: Date.now() }
      }
      const key = signingKey(await read.keys, Date.now() / 1_000)
      if (!key) throw new Error('there is no key')
      return issueToken(key, { clientId, permissions: ALL_PERMISSIONS })
    },
  }
}

/** A device on our client: stays, publishes, asks, and renews its token from the token service all the while. */
async function renewing({ runtime }: Bridge, clientId: string, record: LoadRecord): Promise<void> {
  const serviceUrl = runtime.outputs.TokenServiceUrl ?? ''
  const aws = { ...awsOptions(runtime), endpoint: runtime.apiUrl }
  await using device = await connect(jamey, {
    url: runtime.mqttUrl,
    ca: runtime.caFile,
    clientId,
    reconnect: { minIntervalMs: 0 },
    async token() {
      const request = { clientId, permissions: ALL_PERMISSIONS, lifetimeSeconds: 300 }
      const { token } = await askTokenService({ aws, serviceUrl }, request)
      record.connected(clientId, token)
      return token
    },
  })
  while (!record.isDone(clientId)) {
    await Promise.all([
      device.publish('events/status', record.next(clientId)),
      device.request('conscience/evaluate', EVALUATE),
      device.renew(),
      device.publish('events/status', record.next(clientId)),
    ])
  }
}

/** A device on another client, with a connection for every few messages. */
async function reconnecting(
  bridge: Bridge,
  clientId: string,
  record: LoadRecord,
  issuer: ReturnType<typeof createIssuer>,
): Promise<void> {
  while (!record.isDone(clientId)) {
    const password = await issuer.token(clientId)
    await using device = await bridge.connect({ clientId, password }).catch(() => undefined)
    if (!device) continue
    record.connected(clientId, password)
    for (let count = 0; count < 3; count += 1) await device.send('jamey/events/status', record.next(clientId))
  }
}
