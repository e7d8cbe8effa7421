import { containsFilter, type EffectiveRights, effectiveRights, type Identity } from '#contract/index.ts'

export interface CutPermissions {
  /** What the token may name: with these it has the rights that were asked for and the role has, and no others. */
  permissions: string[]
  /** The patterns that went beyond the role; what the role has of each is written out in `permissions`. */
  cut: string[]
}

/**
 * Cuts permissions to a role. A pattern that the role covers stays as it is; of another, the topics and topic filters that the role has are
 * named one by one, and none where it has nothing of it. Denials stay, and those of the role come with what was cut. Throws
 * permission_invalid.
 */
export function cutPermissions(input: {
  root: string
  identity: Identity
  rolePermissions: readonly string[]
  requested: readonly string[]
}): CutPermissions {
  const { root, identity, rolePermissions, requested } = input
  const isDenial = (pattern: string) => pattern.startsWith('!')
  const denials = requested.filter(isDenial)
  const permissions: string[] = []
  const cut: string[] = []
  for (const pattern of requested.filter((one) => !denials.includes(one))) {
    const tokenPermissions = [pattern, ...denials]
    const wanted = effectiveRights({ root, identity, rolePermissions: [pattern], tokenPermissions })
    const granted = effectiveRights({ root, identity, rolePermissions, tokenPermissions })
    // the role may have more of it than the pattern asks for, as with $share and retain:
    if (isWithin(wanted, granted)) {
      permissions.push(pattern)
    } else {
      cut.push(pattern)
      permissions.push(...spelledOut(granted))
    }
  }
  // a filter that is wider than a denial of the role is named as it is, so the denial goes with it
  const ofRole = cut.length > 0 ? rolePermissions.filter(isDenial) : []
  return { permissions: [...new Set([...denials, ...ofRole, ...permissions])], cut }
}

function isWithin(inner: EffectiveRights, outer: EffectiveRights): boolean {
  const rights = ['publish', 'retain', 'receive', 'subscribe'] as const
  return rights.every((right) => inner[right].every((one) => outer[right].includes(one)))
}

function spelledOut({ publish, retain, subscribe }: EffectiveRights): string[] {
  // a filter inside another says nothing new
  const widest = subscribe.filter(
    (filter) => !subscribe.some((other) => other !== filter && containsFilter(other, filter)),
  )
  return [
    ...publish.map((topic) => `${retain.includes(topic) ? 'retain' : 'pub'}:${topic}`),
    ...widest.map((filter) => `sub:${filter}`),
  ]
}
