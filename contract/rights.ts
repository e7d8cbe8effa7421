import { type Identity, parsePermission } from './permissions.ts'
import { containsLevels, validateTopicName } from './topic-filter.ts'
import { IDENTIFIER_PATTERN, parameterName, topicTemplate } from './topic-names.ts'
import { functionOf, TOPIC_KEYS, topicDefinition } from './topics.ts'

/** What a device may do. Topics are concrete, so an IAM wildcard never widens them. Sorted, without duplicates. */
export interface EffectiveRights {
  publish: string[]
  /** Those of `publish` that may be published with RETAIN. */
  retain: string[]
  receive: string[]
  /** The topic filters it may subscribe to, those of a group as `$share/<group>/<filter>`; what arrives is narrowed by `receive`. */
  subscribe: string[]
}

/** A topic as rights see it: the levels of its template with the root filled in, and what it is open for to devices. */
export interface GrantableTopic {
  levels: readonly string[]
  publish: boolean
  subscribe: boolean
}

const catalogues = new Map<string, readonly GrantableTopic[]>()

/** The topics of the contract. A device never publishes to a `toDevice` topic, nor to one that no function handles. */
export function grantableTopics(root: string): readonly GrantableTopic[] {
  const known = catalogues.get(root)
  if (known) return known
  const catalogue = TOPIC_KEYS.map((key) => {
    const { direction } = topicDefinition(key)
    return {
      levels: topicTemplate(root, key).split('/'),
      publish: direction === 'shared' || (direction === 'toCloud' && functionOf(key) !== undefined),
      subscribe: direction !== 'toCloud',
    }
  })
  catalogues.set(root, catalogue)
  return catalogue
}

type Right = 'publish' | 'subscribe' | 'retain'
type Levels = readonly string[]

/**
 * Effective right = role pattern ∩ token pattern ∩ catalogue ∩ direction, less what either list denies. Placeholders of the catalogue bind to
 * the device's own values, even under a wildcard; only a role's pattern that spells the topic out, with another value at that level, grants
 * it. Subscribe has every topic filter that some pattern of the role and some pattern of the token contain and that matches a topic
 * which may arrive: there are finitely many. Shared subscriptions take a `$share/<group>/` pattern of the role; of the token any pattern
 * will do that is not of another group. Throws permission_invalid for an illegal pattern in either list.
 */
export function effectiveRights({
  root,
  identity,
  rolePermissions,
  tokenPermissions,
  catalogue = grantableTopics(root),
}: {
  root: string
  identity: Identity
  rolePermissions: readonly string[]
  tokenPermissions: readonly string[]
  /** Other topics than those of the contract. */
  catalogue?: readonly GrantableTopic[]
}): EffectiveRights {
  const parse = (texts: readonly string[]) =>
    texts.flatMap((text) => {
      const permission = parsePermission(text, root, identity)
      return permission ? { ...permission, levels: permission.pattern.split('/') } : []
    })
  const role = parse(rolePermissions)
  const token = parse(tokenPermissions)

  /** The topics that a group has a right to, or without one everything outside of groups, and the patterns that grant it. */
  function grant(right: Right, group?: string) {
    const outer = levelsOf(role.filter((one) => one[right] && !one.deny && one.group === group))
    const inner = levelsOf(
      token.filter((one) => one[right] && !one.deny && (one.group === undefined || one.group === group)),
    )
    const denied = levelsOf([...role, ...token].filter((one) => one[right] && one.deny))
    const topics = new Map<string, Levels>()
    for (const topic of catalogue) {
      if (!topic[right === 'retain' ? 'publish' : right]) continue
      for (const pattern of outer) {
        const levels = bindTemplate(topic.levels, pattern, identity)
        if (!levels || !inner.some((one) => containsLevels(one, levels))) continue
        const name = levels.join('/')
        if (!denied.some((one) => containsLevels(one, levels)) && !validateTopicName(name)) topics.set(name, levels)
      }
    }
    return { topics, outer, inner }
  }

  const receive = new Set<string>()
  const subscribe: string[] = []
  for (const group of new Set([undefined, ...role.map((one) => one.group)])) {
    const { topics, outer, inner } = grant('subscribe', group)
    for (const name of topics.keys()) receive.add(name)
    const start = group === undefined ? '' : `$share/${group}/`
    addContainedFilters(subscribe, start, [...topics.values()], outer, inner, 0)
  }
  return {
    publish: [...grant('publish').topics.keys()].sort(),
    retain: [...grant('retain').topics.keys()].sort(),
    receive: [...receive].sort(),
    subscribe: subscribe.sort(),
  }
}

function levelsOf(permissions: readonly { levels: Levels }[]): Levels[] {
  return permissions.map(({ levels }) => levels)
}

/**
 * Adds every filter that matches one of the topics and is contained in some pattern of either list, each once: level by level, with the topics that
 * are matched and the patterns that contain what stands so far.
 */
function addContainedFilters(
  found: string[],
  start: string,
  topics: Levels[],
  outer: Levels[],
  inner: Levels[],
  index: number,
): void {
  // a longer pattern has levels left; a shorter one is here because of its #
  const isComplete = (pattern: Levels) => pattern.length <= index
  if (topics.some((topic) => topic.length === index) && outer.some(isComplete) && inner.some(isComplete)) {
    found.push(start)
  }
  const longer = topics.filter((topic) => topic.length > index)
  if (longer.length === 0) return
  const isOpen = (pattern: Levels) => pattern.length <= index + 1 && pattern.at(-1) === '#'
  const head = index === 0 ? start : `${start}/`
  if (outer.some(isOpen) && inner.some(isOpen)) found.push(`${head}#`)
  for (const level of new Set(['+', ...longer.map((topic) => topic[index])])) {
    const keeps = (pattern: Levels) => isOpen(pattern) || pattern[index] === '+' || pattern[index] === level
    const [outerLeft, innerLeft] = [outer.filter(keeps), inner.filter(keeps)]
    if (outerLeft.length === 0 || innerLeft.length === 0) continue
    const matched = level === '+' ? longer : longer.filter((topic) => topic[index] === level)
    addContainedFilters(found, `${head}${level}`, matched, outerLeft, innerLeft, index + 1)
  }
}

function bindTemplate(template: Levels, pattern: Levels, identity: Identity): Levels | undefined {
  let open = false
  let spelled = true
  const levels: string[] = []
  for (const [index, level] of template.entries()) {
    const patternLevel: string | undefined = open ? '+' : pattern[index]
    if (patternLevel === undefined) return undefined
    open ||= patternLevel === '#'
    const wild = patternLevel === '+' || patternLevel === '#'
    const parameter = parameterName(level)
    if (parameter === undefined) {
      if (!wild && patternLevel !== level) return undefined
      // `jamey/+/evaluate` happens to spell a client id in `jamey/responses/{clientId}`, but means no one's replies
      spelled &&= !wild
      levels.push(level)
      continue
    }
    const value = wild ? identity[parameter] : patternLevel
    if (value === undefined || !IDENTIFIER_PATTERN.test(value)) return undefined
    if (value !== identity[parameter] && !spelled) return undefined
    levels.push(value)
  }
  return open || levels.length === pattern.length ? levels : undefined
}
