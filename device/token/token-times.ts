/** When a token was issued and when it ends, in milliseconds since 1970 by the issuer's clock. */
export interface TokenTimes {
  issuedAtMs: number
  expiresAtMs: number
}

/** Reads `iat` and `exp` out of a JWT. Nothing is verified: that is the broker's business. Undefined for any other text. */
export function readTokenTimes(token: string): TokenTimes | undefined {
  const [, body] = token.split('.')
  if (body === undefined) return undefined
  try {
    const { iat, exp } = JSON.parse(fromBase64Url(body)) as { iat?: unknown; exp?: unknown }
    if (typeof iat !== 'number' || typeof exp !== 'number' || exp <= iat) return undefined
    return { issuedAtMs: iat * 1_000, expiresAtMs: exp * 1_000 }
  } catch {
    return undefined
  }
}

function fromBase64Url(text: string): string {
  const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
  return new TextDecoder().decode(bytes)
}

/**
 * How much of a token's life has passed when it is handed over. A clock that is plainly wrong says nothing about it: the token counts as new
 * then, since what is measured from here on is measured by a clock that never jumps.
 */
export function tokenAgeMs({ issuedAtMs, expiresAtMs }: TokenTimes, nowMs: number): number {
  return nowMs > issuedAtMs && nowMs < expiresAtMs ? nowMs - issuedAtMs : 0
}
