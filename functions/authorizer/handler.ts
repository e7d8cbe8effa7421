import {
  type ArnPrefix,
  bridgeError,
  compilePolicyDocuments,
  type DeviceRecord,
  ERRORS,
  effectiveRights,
  IDENTIFIER_PATTERN,
  isBridgeError,
  type Roles,
  type TokenClaims,
} from '#contract/index.ts'
import type { DeviceDirectory } from '../shared/device-directory.ts'
import type { Observer } from '../shared/observability.ts'
import { type AuthorizerAnswer, accept, refuse } from './answer.ts'
import { type AuthorizerEvent, authorizerEventSchema } from './event.ts'
import type { IssuerKeys } from './issuer-keys.ts'
import type { ServerNames } from './server-names.ts'
import { readTokenHeader, verifyToken } from './token.ts'

export interface AuthorizerDependencies {
  root: string
  roles: Roles
  devices: DeviceDirectory
  issuerKeys: IssuerKeys
  serverNames: ServerNames
  maxLifetimeSeconds: number
  observer: Observer
  nowMs?: () => number
}

/**
 * Decides who connects and with which rights: server name, token, device record, role. Answers every event: a refusal tells the client
 * nothing and the log everything but the token.
 */
export function createAuthorizer(
  dependencies: AuthorizerDependencies,
): (event: unknown, arnPrefix: ArnPrefix) => Promise<AuthorizerAnswer> {
  const { root, roles, devices, issuerKeys, serverNames, maxLifetimeSeconds, observer } = dependencies
  const nowMs = dependencies.nowMs ?? Date.now

  return async (input, arnPrefix) => {
    const parsed = authorizerEventSchema.safeParse(input)
    const event: AuthorizerEvent = parsed.data ?? { protocols: [], protocolData: {} }
    const facts = {
      client_id: event.protocolData.mqtt?.clientId?.slice(0, 128),
      connection_id: event.connectionMetadata?.id,
    }
    try {
      if (!parsed.success) throw bridgeError('transport_unsupported')
      const answer = await decide(event, arnPrefix)
      observer.count('ConnectionsAccepted')
      observer.info('connection_accepted', { ...facts, seconds: answer.disconnectAfterInSeconds })
      return answer
    } catch (error) {
      report(error, facts)
      return refuse()
    } finally {
      observer.flush()
    }
  }

  async function decide({ protocolData }: AuthorizerEvent, arnPrefix: ArnPrefix): Promise<AuthorizerAnswer> {
    const { mqtt, tls } = protocolData
    if (mqtt?.clientId === undefined) throw bridgeError('transport_unsupported')
    if (!IDENTIFIER_PATTERN.test(mqtt.clientId)) throw bridgeError('client_id_invalid')
    if (tls?.serverName === undefined || !(await serverNames()).includes(tls.serverName.toLowerCase())) {
      throw bridgeError('server_name_unknown')
    }
    const claims = await verify(mqtt.password)
    if (claims.sub !== mqtt.clientId) throw bridgeError('token_subject_mismatch')
    const record = await registered(claims)
    const documents = policies(record, claims, arnPrefix)
    return accept(claims.sub, documents, claims.exp - nowMs() / 1000)
  }

  async function verify(password: string | undefined): Promise<TokenClaims> {
    const token = Buffer.from(password ?? '', 'base64').toString('utf8')
    if (token === '') throw bridgeError('token_missing')
    const key = await issuerKeys.find(readTokenHeader(token).kid)
    return verifyToken(token, key, { maxLifetimeSeconds, nowSeconds: Math.floor(nowMs() / 1000) })
  }

  /** The one read at connect that revoking, roles and organizations hang on; when it fails nobody gets in. */
  async function registered(claims: TokenClaims): Promise<DeviceRecord> {
    const record = await devices.find(claims.sub)
    if (!record) throw bridgeError('device_unknown')
    if (record.status !== 'active') throw bridgeError('device_inactive', { status: record.status })
    if (claims.iat < record.not_before_seconds) throw bridgeError('token_revoked')
    return record
  }

  function policies(record: DeviceRecord, claims: TokenClaims, arnPrefix: ArnPrefix) {
    const role = Object.hasOwn(roles, record.role) ? roles[record.role] : undefined
    if (!role) throw bridgeError('role_unknown', { role: record.role })
    const rights = effectiveRights({
      root,
      identity: { clientId: claims.sub, organizationId: record.organization_id, deviceId: record.device_id },
      rolePermissions: role.permissions,
      tokenPermissions: claims.permissions,
    })
    if (rights.publish.length + rights.receive.length === 0) throw bridgeError('rights_empty', { role: record.role })
    return compilePolicyDocuments(claims.sub, rights, arnPrefix)
  }

  function report(error: unknown, facts: Record<string, unknown>): void {
    const coded = isBridgeError(error) ? error : undefined
    const isSystem = !coded || ERRORS[coded.code].fault === 'system'
    observer.count('ConnectionsRefused')
    if (isSystem) observer.count('SystemFaults')
    observer[isSystem ? 'error' : 'warn']('connection_refused', {
      ...facts,
      code: coded?.code ?? 'authorizer_failed',
      reason: coded?.message ?? (error instanceof Error ? error.name : 'unknown'),
    })
  }
}
