import { isBridgeError } from './errors.ts'
import { type Identity, parsePermission, permissionDecision } from './permissions.ts'
import { type ArnPrefix, compilePolicyDocuments, type PolicyDocument } from './policy.ts'
import { effectiveRights } from './rights.ts'
import { parseSharedSubscription } from './topic-filter.ts'
import { resolveTopic } from './topic-names.ts'
import { functionOf, topicDefinition } from './topics.ts'

export interface ExplainInput {
  root: string
  identity: Identity
  rolePermissions: readonly string[]
  tokenPermissions: readonly string[]
  action: keyof typeof EXPLAINED
  /** A topic, for `subscribe` a topic filter, for `connect` a client id. */
  name: string
  /** Of the documents that the statement is looked up in. */
  arnPrefix?: ArnPrefix
}

/** One decision: who wants what, the answer, and what decided it. */
export interface DecisionRecord {
  /** Client id. */
  who: string
  /** `iot:Publish` and the like. */
  action: string
  /** `topic/…`, `topicfilter/…` or `client/…`: the end of the ARN. */
  resource: string
  decision: 'allowed' | 'denied'
  /** Of the compiled documents, both counted from 0. None when none matched: documents only allow. */
  statement?: { document: number; statement: number }
  /** The pattern of the role and of the token that decided, as it stands there; none when none covers the name. */
  rolePattern?: string
  tokenPattern?: string
  reason: string
}

/** The policy action of each action, and the kind of its resource. */
const EXPLAINED = {
  connect: ['iot:Connect', 'client'],
  publish: ['iot:Publish', 'topic'],
  retain: ['iot:RetainPublish', 'topic'],
  subscribe: ['iot:Subscribe', 'topicfilter'],
  receive: ['iot:Receive', 'topic'],
} as const

/**
 * Says why a device may or may not connect, publish (also with RETAIN), subscribe or receive. The documents decide, as they do at the broker; the patterns
 * and the contract give the reason. Throws permission_invalid.
 */
export function explainRight(input: ExplainInput): DecisionRecord {
  const { identity, name, arnPrefix = 'arn:aws:iot:us-east-1:000000000000' } = input
  const [action, kind] = EXPLAINED[input.action]
  const resource = `${kind}/${name}`
  const record = { who: identity.clientId, action, resource }
  const documents = documentsFor(input, arnPrefix)
  if (isBridgeError(documents)) {
    return { ...record, decision: 'denied', reason: `no connection: ${documents.code}: ${documents.message}` }
  }
  const statement = findStatement(documents, action, `${arnPrefix}:${resource}`)
  const found = statement && { statement }
  const decision = found ? 'allowed' : 'denied'
  if (input.action === 'connect') {
    const common = `the token and the role have ${documents.length > 0 ? 'rights' : 'no right'} in common`
    const isOwn = name === identity.clientId
    return { ...record, decision, ...found, reason: isOwn ? common : 'a token speaks for its own client id alone' }
  }
  const role = decisionOf(input, 'role')
  const token = decisionOf(input, 'token')
  const patterns = {
    ...(role.pattern !== undefined && { rolePattern: role.pattern }),
    ...(token.pattern !== undefined && { tokenPattern: token.pattern }),
  }
  if (found) return { ...record, decision, ...found, ...patterns, reason: 'the role and the token both grant it' }
  const reason = refusedBy('role', role) ?? refusedBy('token', token) ?? outsideOfContract(input)
  return { ...record, decision, ...patterns, reason }
}

/** The documents that a connect would be given: none when it is refused for having no right, or the error that refuses it. */
function documentsFor(input: ExplainInput, arnPrefix: ArnPrefix) {
  const rights = effectiveRights(input)
  if (rights.publish.length + rights.receive.length === 0) return []
  try {
    return compilePolicyDocuments(input.identity.clientId, rights, arnPrefix)
  } catch (error) {
    if (isBridgeError(error)) return error
    throw error
  }
}

function findStatement(documents: readonly PolicyDocument[], action: string, arn: string) {
  for (const [document, { Statement }] of documents.entries()) {
    const statement = Statement.findIndex(({ Action, Resource }) => Action.includes(action) && Resource.includes(arn))
    if (statement >= 0) return { document, statement }
  }
  return undefined
}

function decisionOf({ root, identity, action, name, ...lists }: ExplainInput, whose: 'role' | 'token') {
  const shared = action === 'subscribe' ? parseSharedSubscription(name) : undefined
  const permissions = lists[`${whose}Permissions`].filter((text) => {
    // a role gives shared subscriptions by the name of their group alone
    if (!shared || whose === 'token') return true
    const permission = parsePermission(text, root, identity)
    return permission?.deny || permission?.group === shared.group
  })
  return permissionDecision({ root, identity, permissions }, action === 'connect' ? 'receive' : action, name)
}

function refusedBy(whose: 'role' | 'token', decision: ReturnType<typeof permissionDecision>): string | undefined {
  return decision.allowed ? undefined : `the ${whose}: ${decision.reason}`
}

function outsideOfContract({ root, action, name }: ExplainInput): string {
  if (action === 'subscribe') return `no topic that this device may receive is matched by ${name}`
  const resolved = resolveTopic(root, name)
  if (!resolved) return `${name} is not a topic of the contract`
  const { direction } = topicDefinition(resolved.key)
  if (action === 'receive' && direction === 'toCloud') return `${resolved.key} is read by the cloud alone`
  if (action !== 'receive' && direction === 'toDevice') return `${resolved.key} is published by the cloud alone`
  if (action !== 'receive' && direction === 'toCloud' && !functionOf(resolved.key))
    return `${resolved.key} has no handler yet`
  return `${name} belongs to another device`
}
