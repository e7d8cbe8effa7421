import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'

/** What a TLS connection is made of beside the peer. */
export type Credentials = Pick<SecureContextOptions, 'ca' | 'cert' | 'key' | 'minVersion'>

/** Contexts in use differ by their certificates: more than these in one process belong to a fleet, where each has its own. */
const MAX_KEPT = 16

const kept = new Map<string, SecureContext>()

/**
 * The TLS context of these credentials. To make one takes a millisecond and some tens of kilobytes, so that connections with the same
 * credentials share it, as do those of one device one after the other.
 */
export function secureContextOf(credentials: Credentials): SecureContext {
  const key = JSON.stringify(credentials)
  const known = kept.get(key)
  if (known) return known
  const context = createSecureContext(credentials)
  for (const oldest of kept.keys()) {
    if (kept.size < MAX_KEPT) break
    kept.delete(oldest)
  }
  kept.set(key, context)
  return context
}
