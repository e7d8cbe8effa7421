import { type EffectiveRights, effectiveRights, type GrantableTopic, type Identity } from '#contract/index.ts'
import { noteRights, type RightsNote } from '../decision.ts'
import { planRights, type RightsInput, type RightsPlan } from './rights-plan.ts'

export interface FoundRights {
  rights: EffectiveRights
  /** For the log. */
  note: RightsNote
}

export type FindRights = (device: {
  identity: Identity
  role: { name: string; permissions: readonly string[] }
  tokenPermissions: readonly string[]
}) => FoundRights

/** Most plans that are kept, each for a list of permissions as devices send them: a few kilobytes. */
const MAX_PLANS = 250

/**
 * Effective rights, for lists of permissions that come again and again: a fleet asks for the same with every token. What is worked out for a
 * list is kept as a plan; the least recently used go first. The roles must not change. Throws permission_invalid.
 */
export function createRightsFinder({
  root,
  catalogue,
  maxPlans = MAX_PLANS,
}: {
  root: string
  catalogue: readonly GrantableTopic[]
  maxPlans?: number
}): FindRights {
  const kept = new Map<string, { plan: RightsPlan; note: RightsNote } | undefined>()

  function keptOrMade(key: string, input: RightsInput) {
    const found = kept.has(key) ? kept.get(key) : make(input)
    kept.delete(key)
    const [oldest] = kept.keys()
    if (kept.size >= maxPlans && oldest !== undefined) kept.delete(oldest)
    kept.set(key, found)
    return found
  }

  return ({ identity, role, tokenPermissions }) => {
    const input = { root, catalogue, identity, rolePermissions: role.permissions, tokenPermissions }
    const hasIds = [identity.organizationId !== undefined, identity.deviceId !== undefined]
    const found = keptOrMade(JSON.stringify([role.name, hasIds, tokenPermissions]), input)
    const rights = found?.plan.rightsOf(identity)
    if (found && rights) return { rights, note: found.note }
    const direct = effectiveRights(input)
    return { rights: direct, note: noteOf(input, direct) }
  }
}

function make(input: RightsInput) {
  const plan = planRights(input)
  return plan && { plan, note: noteOf({ ...input, identity: plan.standIn.identity }, plan.standIn.rights) }
}

function noteOf({ root, identity, tokenPermissions }: RightsInput, rights: EffectiveRights): RightsNote {
  return noteRights(rights, tokenPermissions, root, identity)
}
