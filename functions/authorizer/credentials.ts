import { bridgeError, TOKEN_LIMITS } from '#contract/index.ts'
import type { AuthorizerEvent } from './event.ts'
import { tokenTooLarge } from './token/token.ts'

export interface Credentials {
  /** Of the connection; over HTTPS, where there is none, the one that the token speaks for. */
  clientId: string
  /** Empty when there is none. */
  token: string
  /** The request publishes by HTTPS: nothing is received, and nobody is there to be answered. */
  isHttp: boolean
}

const BEARER = /^Bearer +(\S+)$/i

/**
 * Finds the token: what the gateway has verified the signature of, the MQTT password, or the `Authorization` header of the HTTP request. What
 * the gateway has not verified could stand in `token` by anybody's hand. Throws transport_unsupported, token_too_large, token_malformed.
 */
export function readCredentials(event: AuthorizerEvent): Credentials {
  const { mqtt, http } = event.protocolData
  const verified = event.signatureVerified ? event.token : undefined
  const token = verified || decodePassword(mqtt?.password) || BEARER.exec(authorizationOf(http?.headers))?.[1] || ''
  if (mqtt) {
    if (mqtt.clientId === undefined) throw bridgeError('transport_unsupported')
    return { clientId: mqtt.clientId, token, isHttp: false }
  }
  if (!http) throw bridgeError('transport_unsupported')
  return { clientId: claimedSubject(token), token, isHttp: true }
}

/** Names of headers compare without case. Two of them leave it open which one somebody else has looked at, so they are none. */
function authorizationOf(headers: Readonly<Record<string, unknown>> = {}): string {
  const [value, ...others] = Object.keys(headers)
    .filter((name) => name.toLowerCase() === 'authorization')
    .map((name) => headers[name])
  return typeof value === 'string' && others.length === 0 ? value : ''
}

/** Measured before it is decoded: the work for a password has a bound, whoever sends it. */
function decodePassword(password = ''): string {
  const mostCharacters = Math.floor((password.length * 3) / 4)
  if (mostCharacters > TOKEN_LIMITS.maxCharacters + 2) throw tokenTooLarge(mostCharacters)
  return Buffer.from(password, 'base64').toString('utf8')
}

/** Not believed: it says whose key must have signed, and the verified claims must say the same. */
function claimedSubject(token: string): string {
  if (token === '') throw bridgeError('token_missing')
  if (token.length > TOKEN_LIMITS.maxCharacters) throw tokenTooLarge(token.length)
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    if (payload !== null && typeof payload === 'object' && 'sub' in payload && typeof payload.sub === 'string') {
      return payload.sub
    }
  } catch {
    // told below
  }
  throw bridgeError('token_malformed')
}
