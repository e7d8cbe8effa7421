import { bridgeError } from './errors.ts'
import { containsFilter, matchesTopic, validateTopicFilter } from './topic-filter.ts'
import { IDENTIFIER_PATTERN, parameterName, topicTemplate } from './topic-names.ts'
import { TOPIC_KEYS, type TopicKey, topicDefinition } from './topics.ts'

/** What is known of a device when its rights are worked out; without an organization it has no organization topics. */
export interface Identity {
  clientId: string
  organizationId?: string | undefined
  deviceId?: string | undefined
}

/** A pattern with its placeholders filled in. `publish` and `subscribe` say which rights it can give. */
export interface Permission {
  pattern: string
  publish: boolean
  subscribe: boolean
}

/** What a device may do. Topics are concrete, so an IAM wildcard never widens them. Sorted, without duplicates. */
export interface EffectiveRights {
  publish: string[]
  receive: string[]
  /** The topic filters it may subscribe to; what arrives is narrowed by `receive`. */
  subscribe: string[]
}

/** Most patterns of a token or a role; it bounds the work of one connect. */
export const MAX_PERMISSIONS = 64

const PREFIXES = { 'pub:': { publish: true, subscribe: false }, 'sub:': { publish: false, subscribe: true } } as const
/** Reserved for rights to come, so that no token of today changes its meaning then. */
const RESERVED_PREFIXES = ['!', 'retain:']

/**
 * Reads `[pub:|sub:]<topic filter>` with the placeholders `${root}`, `${clientId}`, `${organizationId}`, `${deviceId}`.
 * Returns undefined when a placeholder has no value for this device: such a pattern grants nothing. Throws
 * permission_invalid for a text that is no legal pattern.
 */
export function parsePermission(text: string, root: string, identity: Identity): Permission | undefined {
  const invalid = (problem: string) => bridgeError('permission_invalid', { permission: text.slice(0, 256), problem })
  const reserved = RESERVED_PREFIXES.find((prefix) => text.startsWith(prefix))
  if (reserved) throw invalid(`the prefix "${reserved}" is reserved`)
  const prefix = text.slice(0, 4)
  const access = Object.hasOwn(PREFIXES, prefix) ? PREFIXES[prefix as keyof typeof PREFIXES] : undefined
  const values: Partial<Record<string, string>> = { root, ...identity }
  let unresolved = false
  const pattern = (access ? text.slice(4) : text).replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    if (!['root', 'clientId', 'organizationId', 'deviceId'].includes(name)) throw invalid(`unknown placeholder ${name}`)
    unresolved ||= values[name] === undefined
    return values[name] ?? 'unresolved'
  })
  if (pattern.startsWith('$')) throw invalid('reserved topics are not granted')
  const problem = validateTopicFilter(pattern)
  // what only this device's long identifiers push over the limit is a topic nobody can have
  const isOutgrown =
    problem !== undefined && validateTopicFilter(text.slice(access ? 4 : 0).replace(/\$\{\w*\}/g, 'x')) === undefined
  if (problem && !isOutgrown) throw invalid(problem)
  if (isOutgrown) return undefined
  return unresolved ? undefined : { pattern, ...(access ?? { publish: true, subscribe: true }) }
}

/**
 * Effective right = role pattern ∩ token pattern ∩ catalogue ∩ direction. Placeholders of the catalogue bind to the device's
 * own values, even under a wildcard; only a role's pattern that spells the topic out, with another value at that level, grants it. Throws
 * permission_invalid for an illegal pattern in either list.
 */
export function effectiveRights(input: {
  root: string
  identity: Identity
  rolePermissions: readonly string[]
  tokenPermissions: readonly string[]
}): EffectiveRights {
  const role = parseAll(input.rolePermissions, input)
  const token = parseAll(input.tokenPermissions, input)
  const publish = grantedTopics(input, role, token, 'publish')
  const receive = grantedTopics(input, role, token, 'subscribe')
  return { publish, receive, subscribe: subscribableFilters(receive, role, token) }
}

/**
 * The finite set of filters a device may subscribe to: each granted pattern, and every generalisation of a receivable topic
 * by `+` and `#`, that some pattern of the role and some pattern of the token contain and that can match a receivable topic.
 */
function subscribableFilters(receive: string[], role: Permission[], token: Permission[]): string[] {
  const roleFilters = role.filter((one) => one.subscribe).map((one) => one.pattern)
  const tokenFilters = token.filter((one) => one.subscribe).map((one) => one.pattern)
  const candidates = new Set([...roleFilters, ...tokenFilters, ...receive.flatMap(generalisations)])
  return [...candidates]
    .filter(
      (filter) =>
        roleFilters.some((outer) => containsFilter(outer, filter)) &&
        tokenFilters.some((outer) => containsFilter(outer, filter)) &&
        receive.some((topic) => matchesTopic(filter, topic)),
    )
    .sort()
}

/** Every filter that replaces levels of a topic by `+`, or a tail of at least one level by `#`. */
export function generalisations(topic: string): string[] {
  let prefixes = ['']
  const filters: string[] = []
  for (const [index, level] of topic.split('/').entries()) {
    const slash = index === 0 ? '' : '/'
    filters.push(...prefixes.map((prefix) => `${prefix}${slash}#`))
    prefixes = prefixes.flatMap((prefix) => [`${prefix}${slash}${level}`, `${prefix}${slash}+`])
  }
  return [...filters, ...prefixes]
}

function parseAll(texts: readonly string[], input: { root: string; identity: Identity }): Permission[] {
  return texts.flatMap((text) => parsePermission(text, input.root, input.identity) ?? [])
}

function grantedTopics(
  { root, identity }: { root: string; identity: Identity },
  role: Permission[],
  token: Permission[],
  access: 'publish' | 'subscribe',
): string[] {
  const topics = new Set<string>()
  for (const key of TOPIC_KEYS.filter((one) => directionAllows(one, access))) {
    const template = topicTemplate(root, key)
    for (const { pattern } of role.filter((one) => one[access])) {
      const topic = bindTemplate(template, pattern, identity)
      if (topic !== undefined && token.some((one) => one[access] && matchesTopic(one.pattern, topic))) topics.add(topic)
    }
  }
  return [...topics].sort()
}

function directionAllows(key: TopicKey, access: 'publish' | 'subscribe'): boolean {
  const { direction, handledBy } = topicDefinition(key)
  if (direction === 'shared') return true
  return access === 'subscribe' ? direction === 'toDevice' : direction === 'toCloud' && handledBy !== undefined
}

function bindTemplate(template: string, pattern: string, identity: Identity): string | undefined {
  const patternLevels = pattern.split('/')
  let open = false
  let spelled = true
  const levels: string[] = []
  for (const [index, level] of template.split('/').entries()) {
    const patternLevel: string | undefined = open ? '+' : patternLevels[index]
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
  return open || levels.length === patternLevels.length ? levels.join('/') : undefined
}
