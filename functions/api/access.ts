import { bridgeError, type Role, type Roles } from '#contract/index.ts'

/** A role as far as the upstream is concerned. */
export interface Access {
  role: string
  api: Role['api']
}

/** What a role may ask of the upstream. Throws role_unknown. */
export function accessOf(roles: Roles, role: string): Access {
  const definition = Object.hasOwn(roles, role) ? roles[role] : undefined
  if (!definition) throw bridgeError('role_unknown', { role })
  return { role, api: definition.api }
}

/**
 * Holds method and path against the role. Paths of a role are exact, or a prefix that ends in `/*` and covers what stands below it.
 * Throws path_forbidden, method_forbidden.
 */
export function checkAccess({ role, api }: Access, method: string, pathname: string): void {
  if (!api) throw bridgeError('path_forbidden', { role })
  if (!api.methods.some((allowed) => allowed === method)) throw bridgeError('method_forbidden', { role, method })
  if (!api.paths.some((allowed) => covers(allowed, pathname))) throw bridgeError('path_forbidden', { role })
}

function covers(allowed: string, pathname: string): boolean {
  return allowed.endsWith('/*') ? pathname.startsWith(allowed.slice(0, -1)) : pathname === allowed
}
