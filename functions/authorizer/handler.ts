import {
  type ArnPrefix,
  bridgeError,
  checkDevice,
  compilePolicyDocuments,
  type DeviceRecord,
  grantableTopics,
  IDENTIFIER_PATTERN,
  type Roles,
  type TokenClaims,
} from '#contract/index.ts'
import type { DeviceDirectory } from '../shared/device-directory.ts'
import type { Observer } from '../shared/observability.ts'
import { type AuthorizerAnswer, accept, refuse } from './answer.ts'
import { readCredentials } from './credentials.ts'
import { type DecisionRecord, noteRefusal, openRecord } from './decision.ts'
import { type AuthorizerEvent, authorizerEventSchema } from './event.ts'
import type { KeyRing } from './keys/key-ring.ts'
import type { VerificationKey } from './keys/verification-key.ts'
import { createRightsFinder, type FindRights } from './rights/find-rights.ts'
import type { ServerNames } from './server-names.ts'
import { readTokenHeader, verifyToken } from './token/token.ts'

export interface AuthorizerDependencies {
  root: string
  roles: Roles
  devices: DeviceDirectory
  keyRing: KeyRing
  serverNames: ServerNames
  maxLifetimeSeconds: number
  observer: Observer
  nowMs?: () => number
}

/**
 * Decides who connects and with which rights: server name, token, device record, certificate, role. Answers every event: a refusal tells
 * the client nothing and the log everything but the token.
 */
export function createAuthorizer(
  dependencies: AuthorizerDependencies,
): (event: unknown, arnPrefix: ArnPrefix) => Promise<AuthorizerAnswer> {
  const { root, roles, devices, keyRing, serverNames, maxLifetimeSeconds, observer } = dependencies
  const nowMs = dependencies.nowMs ?? Date.now
  const topics = grantableTopics(root)
  // over HTTPS requests have nobody to be answered: what remains is what devices tell one another
  const httpTopics = topics.filter((one) => one.publish && one.subscribe).map((one) => ({ ...one, subscribe: false }))
  const findRights = {
    mqtt: createRightsFinder({ root, catalogue: topics }),
    http: createRightsFinder({ root, catalogue: httpTopics }),
  }

  return async (input, arnPrefix) => {
    const parsed = authorizerEventSchema.safeParse(input)
    const event: AuthorizerEvent = parsed.data ?? { protocols: [], protocolData: {} }
    const record = openRecord(event)
    const startedAtMs = performance.now()
    try {
      if (!parsed.success) throw bridgeError('transport_unsupported')
      const answer = await decide(event, arnPrefix, record)
      observer.count('ConnectionsAccepted')
      record.decision = 'allowed'
      record.seconds = answer.disconnectAfterInSeconds
      observer.info('connection_accepted', { ...record })
      return answer
    } catch (error) {
      const { isSystem } = noteRefusal(record, error)
      const code = record.code === undefined ? {} : { code: record.code }
      observer.count('ConnectionsRefused', 1, code)
      if (isSystem) observer.count('SystemFaults', 1, code)
      observer[isSystem ? 'error' : 'warn']('connection_refused', { ...record })
      return refuse()
    } finally {
      observer.measure('DecisionLatency', performance.now() - startedAtMs)
      observer.flush()
    }
  }

  async function decide(
    event: AuthorizerEvent,
    arnPrefix: ArnPrefix,
    record: DecisionRecord,
  ): Promise<AuthorizerAnswer> {
    const { tls } = event.protocolData
    const { clientId, token, isHttp } = readCredentials(event)
    record.client_id ??= clientId.slice(0, 128)
    if (isHttp) record.action = 'publish'
    if (!IDENTIFIER_PATTERN.test(clientId)) throw bridgeError('client_id_invalid')
    const serverName = tls?.serverName?.toLowerCase()
    const names = await serverNames()
    if (!tls || serverName === undefined || !names.all.includes(serverName)) throw bridgeError('server_name_unknown')
    // the gateway sees to it before; two who look are better than one
    if (names.withCertificate.includes(serverName) && tls.principalId === undefined) {
      throw bridgeError('certificate_missing')
    }
    const { claims, key } = await verify(token, clientId)
    record.signer = key.signer
    if (claims.sub !== clientId) throw bridgeError('token_subject_mismatch')
    const device = await registered(claims, key)
    const certificateId = ownCertificate(device, tls)
    if (certificateId !== undefined) record.certificate_id = certificateId
    const documents = policies(device, claims, arnPrefix, record, findRights[isHttp ? 'http' : 'mqtt'])
    return accept(claims.sub, documents, claims.exp - nowMs() / 1_000, certificateId)
  }

  async function verify(token: string, clientId: string): Promise<{ claims: TokenClaims; key: VerificationKey }> {
    if (token === '') throw bridgeError('token_missing')
    const header = readTokenHeader(token)
    const key = await keyRing(header.kid, clientId)
    const nowSeconds = Math.floor(nowMs() / 1_000)
    return { key, claims: verifyToken(token, header, key, { maxLifetimeSeconds, nowSeconds }) }
  }

  /** The one read at connect that revoking, roles and organizations hang on; when it fails nobody gets in. */
  async function registered(claims: TokenClaims, { keyVersion }: VerificationKey): Promise<DeviceRecord> {
    const device = await devices.find(claims.sub)
    if (!device) throw bridgeError('device_unknown')
    checkDevice(device, { issuedAtSeconds: claims.iat, keyVersion })
    return device
  }

  function policies(
    device: DeviceRecord,
    claims: TokenClaims,
    arnPrefix: ArnPrefix,
    record: DecisionRecord,
    find: FindRights,
  ) {
    record.role = device.role
    const role = Object.hasOwn(roles, device.role) ? roles[device.role] : undefined
    if (!role) throw bridgeError('role_unknown', { role: device.role })
    const { rights, note } = find({
      identity: { clientId: claims.sub, organizationId: device.organization_id, deviceId: device.device_id },
      role: { name: device.role, permissions: role.permissions },
      tokenPermissions: claims.permissions,
    })
    Object.assign(record, note)
    if (rights.publish.length + rights.receive.length === 0) throw bridgeError('rights_empty', { role: device.role })
    return compilePolicyDocuments(claims.sub, rights, arnPrefix)
  }
}

/**
 * With a client certificate beside the token (CUSTOM_AUTH_X509), it must be one of this device. It adds no right: the rights are those of
 * the token.
 */
function ownCertificate(
  device: DeviceRecord,
  tls: { x509CertificatePem?: string | undefined; principalId?: string | undefined },
): string | undefined {
  const { x509CertificatePem, principalId } = tls
  if (x509CertificatePem === undefined && principalId === undefined) return undefined
  if (principalId === undefined || !device.certificate_ids.includes(principalId)) {
    throw bridgeError('certificate_foreign')
  }
  return principalId
}
