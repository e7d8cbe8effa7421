import {
  bridgeError,
  ISSUER_ALGORITHM,
  parseDeviceKey,
  TOKEN_LIMITS,
  type TokenClaims,
  tokenClaimsSchema,
} from '#contract/index.ts'
import type { TokenSource } from '../api/options.ts'

export interface DeviceTokenOptions {
  clientId: string
  /** What `npx bridge device key` prints: `device-<key version>.<secret>`. It signs for this device alone. */
  deviceKey: string
  /** Permission patterns; the role of the device bounds them. */
  permissions: readonly string[]
  /** Default: 300, which is also the most that a deployment takes unless it says otherwise. */
  lifetimeSeconds?: number | undefined
  /** Milliseconds since 1970. Default: the machine's clock. */
  nowMs?: (() => number) | undefined
}

/** Lets a device issue its own tokens, HS256 by WebCrypto. Throws configuration_invalid for what is no device key or no legal claim. */
export function deviceTokenSource(options: DeviceTokenOptions): TokenSource {
  const { clientId, permissions, lifetimeSeconds = TOKEN_LIMITS.defaultLifetimeSeconds, nowMs = Date.now } = options
  const key = parseDeviceKey(options.deviceKey)
  if (!key) throw invalid('the device key must read device-<key version>.<secret>')
  if (!Number.isInteger(lifetimeSeconds) || lifetimeSeconds < 1) throw invalid('lifetimeSeconds must be a whole number')
  const probe = tokenClaimsSchema.safeParse({ sub: clientId, iat: 0, exp: 1, permissions })
  if (!probe.success) throw invalid(`the claims of the token: ${probe.error.issues[0]?.path.join('.')} is not valid`)
  const header = base64Url(encoder.encode(JSON.stringify({ alg: ISSUER_ALGORITHM, typ: 'JWT', kid: key.kid })))
  const signingKey = globalThis.crypto.subtle.importKey(
    'raw',
    encoder.encode(key.secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  )
  return async () => {
    const issuedAtSeconds = Math.floor(nowMs() / 1_000)
    const claims: TokenClaims = {
      sub: clientId,
      iat: issuedAtSeconds,
      exp: issuedAtSeconds + lifetimeSeconds,
      permissions: [...permissions],
    }
    const signed = `${header}.${base64Url(encoder.encode(JSON.stringify(claims)))}`
    const signature = await globalThis.crypto.subtle.sign('HMAC', await signingKey, encoder.encode(signed))
    return `${signed}.${base64Url(new Uint8Array(signature))}`
  }
}

const encoder = new TextEncoder()

function base64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function invalid(problem: string) {
  return bridgeError('configuration_invalid', { problem })
}
