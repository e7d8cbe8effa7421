import { readFileSync } from 'node:fs'
import { type DeviceRecord, KEY_LIMITS, parseFleet, type Roles } from '#contract/index.ts'
import { compilePolicy, evaluatePolicies } from '#local/iot-policy/index.ts'
import type { AuthorizerAnswer } from '../../../functions/authorizer/answer.ts'
import { createAuthorizer } from '../../../functions/authorizer/handler.ts'
import { createDeviceKeys } from '../../../functions/authorizer/keys/device-keys.ts'
import { createIssuerKeys, type LoadIssuerKeys } from '../../../functions/authorizer/keys/issuer-keys.ts'
import { createKeyRing, type ProviderKeys } from '../../../functions/authorizer/keys/key-ring.ts'
import type { ServerNames } from '../../../functions/authorizer/server-names.ts'
import type { DeviceDirectory } from '../../../functions/shared/index.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'
import { CURRENT_KEY, MASTER_SECRET, PREVIOUS_KEY, signToken } from '../../fixtures/tokens.ts'

export const NOW_MS = Date.parse('2026-11-21T12:00:00Z')
export const NOW = NOW_MS / 1_000
export const ARN = 'arn:aws:iot:eu-west-1:123456789012'
export const CLIENT = 'jamey-instance-1'
export const SERVER_NAME = 'bridge.example.com'
export const MUTUAL_TLS_NAME = 'mutual-tls.example.com'
export const REFUSED = {
  isAuthenticated: false,
  principalId: 'refused',
  policyDocuments: [],
  disconnectAfterInSeconds: 300,
  refreshAfterInSeconds: 300,
}
const { roles } = parseFleet(JSON.parse(readFileSync(new URL('../../../fleet.json', import.meta.url), 'utf8')), 'jamey')
export const RECORD: DeviceRecord = {
  client_id: CLIENT,
  role: 'agent',
  organization_id: 'acme',
  device_id: 'Instance-1',
  status: 'active',
  key_version: 1,
  not_before_seconds: 0,
  certificate_ids: [],
}
export const HEADER = { alg: 'HS256', typ: 'JWT', kid: CURRENT_KEY.kid }
export const CLAIMS = { sub: CLIENT, iat: NOW - 10, exp: NOW + 290, permissions: ['jamey/#'] }

export interface Setup {
  record?: DeviceRecord | undefined
  devices?: DeviceDirectory
  loadKeys?: LoadIssuerKeys
  loadMaster?: () => Promise<string>
  providerKeys?: ProviderKeys
  nowMs?: () => number
  serverNames?: ServerNames
  maxLifetimeSeconds?: number
  roles?: Roles
}

export function setUp(setup: Setup = {}) {
  const observer = createRecordingObserver()
  const record = 'record' in setup ? setup.record : RECORD
  const nowMs = setup.nowMs ?? (() => NOW_MS)
  const maxLifetimeSeconds = setup.maxLifetimeSeconds ?? 300
  const authorize = createAuthorizer({
    root: 'jamey',
    roles: setup.roles ?? roles,
    devices: setup.devices ?? { find: async (clientId) => record && { ...record, client_id: clientId } },
    keyRing: createKeyRing({
      issuerKeys: createIssuerKeys(setup.loadKeys ?? (async () => [CURRENT_KEY, PREVIOUS_KEY]), {
        graceSeconds: maxLifetimeSeconds + KEY_LIMITS.graceMarginSeconds,
        nowMs,
      }),
      deviceKeys: createDeviceKeys(setup.loadMaster ?? (async () => MASTER_SECRET), nowMs),
      providerKeys: setup.providerKeys,
    }),
    serverNames:
      setup.serverNames ?? (async () => ({ all: [SERVER_NAME, MUTUAL_TLS_NAME], withCertificate: [MUTUAL_TLS_NAME] })),
    maxLifetimeSeconds,
    observer,
    nowMs,
  })
  return { observer, authorize: (event: unknown) => authorize(event, ARN) }
}

export function connect(
  token: string | undefined,
  mqtt: Record<string, unknown> = {},
  tls: unknown = { serverName: SERVER_NAME },
) {
  const password = token === undefined ? {} : { password: Buffer.from(token).toString('base64') }
  return {
    protocols: ['tls', 'mqtt'],
    signatureVerified: false,
    protocolData: { tls, mqtt: { username: 'any', clientId: CLIENT, ...password, ...mqtt } },
    connectionMetadata: { id: 'connection-1' },
  }
}

export const honest = (claims: Record<string, unknown> = {}) => signToken(HEADER, { ...CLAIMS, ...claims })

export function allows(answer: AuthorizerAnswer, action: string, resource: string): boolean {
  const policies = answer.policyDocuments.map((document, index) => compilePolicy(document, String(index)))
  return evaluatePolicies(policies, { action: `iot:${action}`, resource: `${ARN}:${resource}` }).decision === 'allowed'
}
