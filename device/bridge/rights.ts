import { type Identity, type PermissionAction, type PermissionDecision, permissionDecider } from '#contract/index.ts'
import { deviceError } from '../errors/index.ts'

/** The token's permissions, asked before the wire. */
export interface Rights {
  /** Throws permission_denied, with the pattern list. */
  demand(action: PermissionAction, topicOrFilter: string): void
}

/** Names are those of this device's own calls, yet parameters may be anything. */
const MAX_REMEMBERED = 1_000

/** Without a list everything is left to the broker. */
export function createRights(root: string, identity: Identity, permissions: readonly string[] | undefined): Rights {
  if (!permissions) return { demand() {} }
  const decide = permissionDecider({ root, identity, permissions })
  const known = new Map<string, PermissionDecision>()
  return {
    demand(action, name) {
      const question = `${action} ${name}`
      let decision = known.get(question)
      if (!decision) {
        decision = decide(action, name)
        if (known.size >= MAX_REMEMBERED) known.clear()
        known.set(question, decision)
      }
      if (decision.allowed) return
      const { reason, pattern } = decision
      throw deviceError('permission_denied', {
        action,
        topic: name,
        reason,
        permissions: permissions.join(', '),
        pattern,
      })
    },
  }
}
