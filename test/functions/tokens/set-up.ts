import { type DeviceRecord, type IssuerKey, type Roles, rolesSchema } from '#contract/index.ts'
import { createTokenService, type TokenServiceDependencies } from '../../../functions/tokens/handler.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'

export const NOW_SECONDS = 1_795_000_000
export const MASTER = 'master-secret-of-these-tests-0123456789'
export const KEY: IssuerKey = { kid: 'issuer-1', secret: 'issuer-secret-of-these-tests-0123456789' }
export const CALLER = 'arn:aws:sts::000000000000:assumed-role/backend/session'

const ROLES: Roles = rolesSchema.parse({
  observer: { permissions: ['sub:${root}/events/#'] },
  agent: { permissions: ['${root}/#'] },
})

export const DEVICE: DeviceRecord = {
  client_id: 'sensor-7',
  role: 'observer',
  status: 'active',
  key_version: 3,
  not_before_seconds: 0,
  certificate_ids: [],
}

/** The service with its records in memory. */
export function openTokenService(changes: Partial<TokenServiceDependencies> & { record?: Partial<DeviceRecord> } = {}) {
  const { record, ...dependencies } = changes
  const device = { ...DEVICE, ...record }
  const observer = createRecordingObserver()
  const serve = createTokenService({
    root: 'jamey',
    roles: ROLES,
    devices: { find: async (clientId) => (clientId === device.client_id ? device : undefined) },
    issuerKeys: async () => [KEY],
    masterSecret: async () => MASTER,
    maxLifetimeSeconds: 600,
    observer,
    nowMs: () => NOW_SECONDS * 1_000,
    ...dependencies,
  })
  /** Asks as a principal of IAM, or with other parts of the event. */
  async function ask(body: unknown, event: Record<string, unknown> = {}) {
    const {
      statusCode,
      headers,
      body: text,
    } = await serve({
      version: '2.0',
      routeKey: 'POST /tokens',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      isBase64Encoded: false,
      requestContext: {
        requestId: 'request-1',
        http: { sourceIp: '192.0.2.1' },
        authorizer: { iam: { userArn: CALLER } },
      },
      ...event,
    })
    return { statusCode, headers, answer: JSON.parse(text) as Record<string, unknown> }
  }
  return { ask, lines: observer.lines, counts: observer.counts }
}

/** The event of a device with its client key. */
export function withClientKey(key: string | undefined): Record<string, unknown> {
  return {
    routeKey: 'POST /device-tokens',
    headers: { 'content-type': 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) },
    requestContext: { requestId: 'request-1', http: { sourceIp: '192.0.2.1' } },
  }
}
