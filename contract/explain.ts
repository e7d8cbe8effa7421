import { effectiveRights, type Identity, parsePermission } from './permissions.ts'
import { containsFilter, matchesTopic, validateTopicFilter, validateTopicName } from './topic-filter.ts'
import { resolveTopic } from './topic-names.ts'
import { topicDefinition } from './topics.ts'

export interface ExplainInput {
  root: string
  identity: Identity
  rolePermissions: readonly string[]
  tokenPermissions: readonly string[]
  action: 'publish' | 'subscribe' | 'receive'
  /** A topic, or for `subscribe` a topic filter. */
  name: string
}

/** A decision with the one reason that decided it, and the patterns that gave the right. */
export interface Explanation {
  allowed: boolean
  reason: string
  rolePattern?: string
  tokenPattern?: string
}

/** Says why a device may or may not publish, subscribe or receive, by the same rights that its policy documents are compiled from. */
export function explainRight(input: ExplainInput): Explanation {
  const { action, name } = input
  const problem = action === 'subscribe' ? validateTopicFilter(name) : validateTopicName(name)
  if (problem) return { allowed: false, reason: problem }
  const rights = effectiveRights(input)
  const granted = { publish: rights.publish, receive: rights.receive, subscribe: rights.subscribe }[action]
  const rolePattern = patternFor(input.rolePermissions, input)
  const tokenPattern = patternFor(input.tokenPermissions, input)
  const patterns = { ...(rolePattern && { rolePattern }), ...(tokenPattern && { tokenPattern }) }
  if (granted.includes(name)) return { allowed: true, reason: `the token and the role both grant it`, ...patterns }
  return { allowed: false, reason: refusal(input, rolePattern, tokenPattern), ...patterns }
}

/** The first pattern of a list that covers the name for this action; undefined when none does. */
function patternFor(texts: readonly string[], input: ExplainInput): string | undefined {
  const covers = input.action === 'subscribe' ? containsFilter : matchesTopic
  return texts.find((text) => {
    const permission = parsePermission(text, input.root, input.identity)
    return permission?.[input.action === 'publish' ? 'publish' : 'subscribe'] && covers(permission.pattern, input.name)
  })
}

function refusal(input: ExplainInput, rolePattern: string | undefined, tokenPattern: string | undefined): string {
  const { action, name, root } = input
  if (rolePattern === undefined) return `no pattern of the role covers ${name} for ${action}`
  if (tokenPattern === undefined) return `no pattern of the token covers ${name} for ${action}`
  if (action === 'subscribe') return `no topic that this device may receive is matched by ${name}`
  const resolved = resolveTopic(root, name)
  if (!resolved) return `${name} is not a topic of the contract`
  const { direction, handledBy } = topicDefinition(resolved.key)
  if (action === 'publish' && direction === 'toDevice') return `${resolved.key} is published by the cloud alone`
  if (action === 'publish' && direction === 'toCloud' && !handledBy) return `${resolved.key} has no handler yet`
  if (action === 'receive' && direction === 'toCloud') return `${resolved.key} is read by the cloud alone`
  return `${name} belongs to another device`
}
