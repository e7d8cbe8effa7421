import jwt from 'jsonwebtoken'
import {
  bridgeError,
  type DeviceRecord,
  effectiveRights,
  ISSUER_ALGORITHM,
  type IssuerKey,
  MAX_PERMISSIONS,
  type Role,
  type Roles,
  signingKey,
  TOKEN_LIMITS,
  type TokenClaims,
} from '#contract/index.ts'
import type { DeviceDirectory } from '../shared/device-directory.ts'
import { type CutPermissions, cutPermissions } from './cut-permissions.ts'
import type { TokenRequest } from './event.ts'

export interface IssuerDependencies {
  root: string
  roles: Roles
  devices: DeviceDirectory
  /** Versions of the issuer secret, the current one first. Throws issuer_unavailable. */
  issuerKeys(): Promise<readonly IssuerKey[]>
  maxLifetimeSeconds: number
  nowMs: () => number
}

export interface IssuedToken extends CutPermissions {
  token: string
  expiresAtSeconds: number
}

/** The record of a device that may have a token. Throws device_unknown, device_inactive, store_unavailable. */
export async function activeRecord(devices: DeviceDirectory, clientId: string): Promise<DeviceRecord> {
  const record = await devices.find(clientId)
  if (!record) throw bridgeError('device_unknown')
  if (record.status !== 'active') throw bridgeError('device_inactive', { status: record.status })
  return record
}

/** Signs a token that is never wider than the device's role. Throws permission_invalid, rights_empty, token_* codes. */
export async function issueFor(
  record: DeviceRecord,
  request: TokenRequest,
  dependencies: IssuerDependencies,
): Promise<IssuedToken> {
  const lifetimeSeconds = lifetimeOf(request, dependencies.maxLifetimeSeconds)
  const { permissions, cut } = rightsOf(record, request, dependencies)
  const nowSeconds = Math.floor(dependencies.nowMs() / 1_000)
  const key = signingKey(await dependencies.issuerKeys(), nowSeconds)
  if (!key) throw bridgeError('issuer_unavailable', { what: 'a signing key' })
  // a device that was restored in this second takes tokens from the next one on
  const isNearlyDue = record.not_before_seconds - nowSeconds <= TOKEN_LIMITS.clockToleranceSeconds
  const issuedAtSeconds = isNearlyDue ? Math.max(nowSeconds, record.not_before_seconds) : nowSeconds
  const claims: TokenClaims = {
    sub: record.client_id,
    iat: issuedAtSeconds,
    exp: issuedAtSeconds + lifetimeSeconds,
    permissions,
  }
  const token = jwt.sign(claims, key.secret, { algorithm: ISSUER_ALGORITHM, keyid: key.kid })
  if (token.length > TOKEN_LIMITS.maxCharacters) {
    throw bridgeError('token_too_large', {
      limitCharacters: TOKEN_LIMITS.maxCharacters,
      actualCharacters: token.length,
    })
  }
  return { token, expiresAtSeconds: claims.exp, permissions, cut }
}

function lifetimeOf({ lifetime_seconds }: TokenRequest, maxLifetimeSeconds: number): number {
  const lifetimeSeconds = lifetime_seconds ?? Math.min(TOKEN_LIMITS.defaultLifetimeSeconds, maxLifetimeSeconds)
  if (lifetimeSeconds <= maxLifetimeSeconds) return lifetimeSeconds
  const problem = `lifetime_seconds: expected at most ${maxLifetimeSeconds}, got ${lifetimeSeconds}`
  throw bridgeError('token_request_invalid', { problem })
}

function rightsOf(record: DeviceRecord, request: TokenRequest, { root, roles }: IssuerDependencies): CutPermissions {
  const role: Role | undefined = Object.hasOwn(roles, record.role) ? roles[record.role] : undefined
  if (!role) throw bridgeError('role_unknown', { role: record.role })
  const identity = { clientId: record.client_id, organizationId: record.organization_id, deviceId: record.device_id }
  const requested = request.permissions ?? role.permissions
  const { permissions, cut } = cutPermissions({ root, identity, rolePermissions: role.permissions, requested })
  const rights = effectiveRights({
    root,
    identity,
    rolePermissions: role.permissions,
    tokenPermissions: permissions,
  })
  if (rights.publish.length + rights.receive.length === 0) throw bridgeError('rights_empty', { role: record.role })
  if (permissions.length > MAX_PERMISSIONS) {
    const problem = `cut to the role they are ${permissions.length} permissions, over the limit of ${MAX_PERMISSIONS}`
    throw bridgeError('token_request_invalid', { problem })
  }
  return { permissions, cut }
}
