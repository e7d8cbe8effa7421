import {
  bridgeError,
  type Identity,
  type PermissionAction,
  parseSharedSubscription,
  permissionDecider,
  resolveTopic,
  type TopicKey,
  topicDefinition,
  validateTopicFilter,
  validateTopicName,
} from '#contract/index.ts'
import { edgeError } from '../errors/edge-error.ts'

export interface ResolvedName {
  /** Undefined: not in the contract. */
  readonly key: TopicKey | undefined
  readonly params: Readonly<Record<string, string>>
}

/**
 * What programs may ask for. On AWS IoT Core one publish without the right ends the connection for all of them, so it is refused here: by the
 * contract, its directions, and the permissions of the token.
 */
export interface TopicAccess {
  /** Throws topic_unknown, topic_denied, device_unidentified. */
  publish(topic: string, options?: { retain?: boolean | undefined }): ResolvedName
  /** Throws filter_invalid and the same. */
  subscribe(filter: string): ResolvedName
}

export interface TopicAccessOptions {
  root: string
  identity: () => Identity
  permissions: readonly string[]
  /** Topics that are not in the contract are passed on. */
  otherTopics: boolean
}

export function createTopicAccess({ root, identity, permissions, otherTopics }: TopicAccessOptions): TopicAccess {
  let decidedFor: Identity | undefined
  let decide: ReturnType<typeof permissionDecider> | undefined

  function demand(action: PermissionAction, name: string): void {
    const current = identity()
    if (current !== decidedFor || !decide) {
      decide = permissionDecider({ root, identity: current, permissions })
      decidedFor = current
    }
    const { allowed, reason } = decide(action, name)
    if (allowed) return
    const isOwn = current.organizationId === undefined && permissions.some((one) => one.includes('${organizationId}'))
    if (isOwn && resolveTopic(root, name)?.parameters.organizationId !== undefined)
      throw edgeError('device_unidentified')
    throw denied(action, name, reason)
  }

  function resolve(name: string): ResolvedName {
    const found = resolveTopic(root, name)
    if (!found && !otherTopics) throw bridgeError('topic_unknown', { topic: name.slice(0, 256) })
    return { key: found?.key, params: (found?.parameters ?? {}) as Record<string, string> }
  }

  return {
    publish(topic, { retain = false } = {}) {
      const problem = validateTopicName(topic)
      if (problem) throw edgeError('filter_invalid', { problem })
      const resolved = resolve(topic)
      if (resolved.key && topicDefinition(resolved.key).direction === 'toDevice')
        throw denied('publish', topic, 'it is published by the cloud alone')
      demand(retain ? 'retain' : 'publish', topic)
      return resolved
    },
    subscribe(filter) {
      const problem = validateTopicFilter(filter)
      if (problem) throw edgeError('filter_invalid', { problem })
      if (parseSharedSubscription(filter)) throw edgeError('filter_invalid', { problem: '$share is not taken here' })
      const isWildcard = /[+#]/.test(filter)
      const resolved = isWildcard ? { key: undefined, params: {} } : resolve(filter)
      if (resolved.key && topicDefinition(resolved.key).direction === 'toCloud')
        throw denied('subscribe', filter, 'it is read by the cloud alone')
      demand('subscribe', filter)
      return resolved
    },
  }
}

function denied(action: string, topic: string, reason: string) {
  return edgeError('topic_denied', { action, topic, reason })
}
