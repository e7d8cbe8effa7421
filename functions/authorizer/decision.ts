import {
  type EffectiveRights,
  ERRORS,
  type Identity,
  isBridgeError,
  matchesTopic,
  parsePermission,
} from '#contract/index.ts'
import type { AuthorizerEvent } from './event.ts'

/**
 * What is known of a decision while it is made, and then its log line: who asked for what, the answer, its code, and what became of the
 * permissions of the token. Never the token.
 */
export interface DecisionRecord extends Partial<RightsNote> {
  client_id: string | undefined
  connection_id: string | undefined
  action: 'connect' | 'publish'
  decision?: 'allowed' | 'denied'
  /** Whose key the token is signed with, once that is verified. */
  signer?: string
  certificate_id?: string
  role?: string
  /** How long the connection may last. */
  seconds?: number
  code?: string
  reason?: string
}

/** What became of the permissions of the token. */
export interface RightsNote {
  /** Topics that the connection may publish to and receive from. */
  publish_topics: number
  receive_topics: number
  /** Patterns of the token that gave the right they are for. */
  granted: Patterns
  /** Patterns of the token that gave none: outside of the role or of the contract. */
  cut: Patterns
}

interface Patterns {
  count: number
  /** The first of them. */
  first: readonly string[]
}

const SHOWN_PATTERNS = 8
/** As long as the longest client id; what is longer is none. */
const SHOWN_CHARACTERS = 128

export function openRecord({ protocolData, connectionMetadata }: AuthorizerEvent): DecisionRecord {
  return {
    client_id: protocolData.mqtt?.clientId?.slice(0, SHOWN_CHARACTERS),
    connection_id: connectionMetadata?.id.slice(0, SHOWN_CHARACTERS),
    action: 'connect',
  }
}

/**
 * Counts the rights, and says which patterns of the token they come from. A denying pattern grants nothing and is not cut either; a `retain:` pattern
 * whose topics may be published to, but not with RETAIN, is cut.
 */
export function noteRights(
  rights: EffectiveRights,
  tokenPermissions: readonly string[],
  root: string,
  identity: Identity,
): RightsNote {
  const allowing = tokenPermissions.filter((text) => !text.startsWith('!'))
  const grants = (text: string): boolean => {
    const permission = parsePermission(text, root, identity)
    if (!permission) return false
    const given = permission.retain ? rights.retain : permission.publish ? rights.publish : []
    const topics = [...given, ...(permission.subscribe ? rights.receive : [])]
    return topics.some((topic) => matchesTopic(permission.pattern, topic))
  }
  const granted = allowing.filter(grants)
  return {
    publish_topics: rights.publish.length,
    receive_topics: rights.receive.length,
    granted: patterns(granted),
    cut: patterns(allowing.filter((text) => !granted.includes(text))),
  }
}

/** The code and reason of a refusal, and whether the operator must mend it. */
export function noteRefusal(record: DecisionRecord, error: unknown): { isSystem: boolean } {
  const coded = isBridgeError(error) ? error : undefined
  record.decision = 'denied'
  record.code = coded?.code ?? 'authorizer_failed'
  record.reason = coded?.message ?? (error instanceof Error ? error.name : 'unknown')
  return { isSystem: !coded || ERRORS[coded.code].fault === 'system' }
}

function patterns(texts: readonly string[]): Patterns {
  return { count: texts.length, first: texts.slice(0, SHOWN_PATTERNS) }
}
