import { bridgeError } from './errors.ts'
import { containsFilter, parseSharedSubscription, validateTopicFilter, validateTopicName } from './topic-filter.ts'
import { IDENTIFIER_PATTERN } from './topic-names.ts'

/** What is known of a device when its rights are worked out; without an organization it has no organization topics. */
export interface Identity {
  clientId: string
  organizationId?: string | undefined
  deviceId?: string | undefined
}

/** A pattern with its placeholders filled in. `publish`, `subscribe` and `retain` say which rights it can give, or takes away. */
export interface Permission {
  /** A topic filter, without prefixes and without `$share/<group>/`. */
  pattern: string
  /** It grants subscriptions of this group only: `$share/<group>/<filter>`. */
  group?: string
  /** It takes rights away, and wins over every pattern that gives them. */
  deny: boolean
  publish: boolean
  subscribe: boolean
  /** To publish with RETAIN. */
  retain: boolean
}

/** What a permission list decides. `receive` is a delivery; `retain` a publish with RETAIN. */
export type PermissionAction = 'publish' | 'retain' | 'subscribe' | 'receive'

export interface PermissionScope {
  root: string
  identity: Identity
  /** Patterns as {@link parsePermission} reads them. */
  permissions: readonly string[]
}

/** `pattern` is the one that decided, as it is written in the list; none when no pattern covers the name. */
export interface PermissionDecision {
  allowed: boolean
  pattern?: string
  reason: string
}

/** Most patterns of a token or a role; it bounds the work of one connect. */
export const MAX_PERMISSIONS = 64

/**
 * Reads `[!][pub:|sub:|retain:]<topic filter>` with the placeholders `${root}`, `${clientId}`, `${organizationId}`, `${deviceId}`.
 *
 * No prefix stands for publishing and subscribing. `retain:` is publishing, also with RETAIN, which no other prefix gives. `!` takes away:
 * alone everything, `!pub:` publishing in either form, `!retain:` RETAIN alone. `$share/<group>/<topic filter>` gives shared
 * subscriptions of that group, and nothing else.
 *
 * Returns undefined when a placeholder has no value for this device: such a pattern stands for no topic. Throws permission_invalid for
 * a text that is no legal pattern.
 */
export function parsePermission(text: string, root: string, identity: Identity): Permission | undefined {
  const invalid = (problem: string) => bridgeError('permission_invalid', { permission: text.slice(0, 256), problem })
  const [, denial, prefix, written = ''] = /^(!?)(pub:|sub:|retain:|)(.*)$/s.exec(text) ?? []
  if (/^(!|pub:|sub:|retain:)/.test(written)) throw invalid('prefixes stand once, as in !pub:')
  const values: Partial<Record<string, string>> = { root, ...identity }
  let unresolved = false
  const filled = written.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    if (!['root', 'clientId', 'organizationId', 'deviceId'].includes(name)) throw invalid(`unknown placeholder ${name}`)
    unresolved ||= values[name] === undefined
    return values[name] ?? 'unresolved'
  })
  const deny = denial === '!'
  const shared = parseSharedSubscription(filled)
  if (shared && (deny || (prefix !== '' && prefix !== 'sub:') || !IDENTIFIER_PATTERN.test(shared.group))) {
    throw invalid('a group fits [A-Za-z0-9:_-]{1,128}, and $share is for subscriptions that are given')
  }
  const pattern = shared?.filter ?? filled
  if (pattern.startsWith('$')) throw invalid('reserved topics are not granted')
  const problem = validateTopicFilter(pattern)
  // what only this device's long identifiers push over the limit is a topic nobody can have
  const isOutgrown = problem !== undefined && validateTopicFilter(written.replace(/\$\{\w*\}/g, 'x')) === undefined
  if (problem && !isOutgrown) throw invalid(problem)
  if (isOutgrown || unresolved) return undefined
  return {
    pattern,
    ...(shared && { group: shared.group }),
    deny,
    publish: !shared && prefix !== 'sub:' && !(deny && prefix === 'retain:'),
    subscribe: prefix === '' || prefix === 'sub:',
    retain: prefix === 'retain:' || (deny && prefix !== 'sub:'),
  }
}

/**
 * What a list of permissions says about one action: a denying pattern that covers the name, else a granting one. For `subscribe` the
 * name is a topic filter, also `$share/<group>/<filter>`; one that is wider than a denying pattern is not denied, since its deliveries are
 * decided one by one. A device that asks this before it sends is refused nothing here that its policies would allow; whether role,
 * contract and direction allow it too is {@link effectiveRights}. Throws permission_invalid.
 */
export function permissionDecision(
  scope: PermissionScope,
  action: PermissionAction,
  topicOrFilter: string,
): PermissionDecision {
  return permissionDecider(scope)(action, topicOrFilter)
}

/** {@link permissionDecision} for many questions about one list, which is read once. Throws permission_invalid. */
export function permissionDecider({
  root,
  identity,
  permissions,
}: PermissionScope): (action: PermissionAction, topicOrFilter: string) => PermissionDecision {
  const list = permissions.flatMap((text) => {
    const permission = parsePermission(text, root, identity)
    return permission ? [{ text, ...permission }] : []
  })
  return (action, name) => {
    const problem = action === 'subscribe' ? validateTopicFilter(name) : validateTopicName(name)
    if (problem) return { allowed: false, reason: problem }
    const shared = action === 'subscribe' ? parseSharedSubscription(name) : undefined
    const decides = (deny: boolean) =>
      list.find(
        (one) =>
          one.deny === deny &&
          one[action === 'receive' ? 'subscribe' : action] &&
          (one.group === undefined || action === 'receive' || one.group === shared?.group) &&
          containsFilter(one.pattern, shared?.filter ?? name),
      )
    const decisive = decides(true) ?? decides(false)
    if (!decisive) return { allowed: false, reason: `no pattern covers ${name} for ${action}` }
    const { text, deny } = decisive
    return { allowed: !deny, pattern: text, reason: `${text} ${deny ? 'denies' : 'grants'} it` }
  }
}
