import * as z from 'zod'
import {
  bridgeError,
  fillTemplate,
  IDENTIFIER_PATTERN,
  type Identity,
  matchTemplate,
  validateTopicFilter,
  validateTopicName,
  type Wire,
} from '#contract/index.ts'
import type { AnyContract, ContractTopic } from './types.ts'

/** A topic of the contract, as far as it is known of a name on the wire. */
export interface ResolvedTopic {
  readonly key: string
  readonly definition: ContractTopic
  readonly params: Readonly<Record<string, string>>
}

/** One device's view of a contract: its own values stand for the placeholders unless others are given. */
export interface TopicBinding {
  /** Throws topic_unknown. */
  definition(key: string): ContractTopic
  /** How long the topic says that its answer may take; undefined: as long as any other. */
  answeredWithinMs(key: string): number | undefined
  /** The name to publish to. Throws topic_unknown, topic_parameter_invalid. */
  topicOf(key: string, params?: Readonly<Record<string, string>>): string
  /** The filter to subscribe to; a parameter may be `+`. Throws as `topicOf`. */
  filterOf(key: string, params?: Readonly<Record<string, string>>): string
  /** A wildcard filter below the root, or outside it. Throws topic_unknown for an illegal one. */
  wildcardFilterOf(filter: string, absolute: boolean): string
  /** Undefined for a name that is not in the contract. */
  resolve(topic: string): ResolvedTopic | undefined
  /** The device's private reply topic; undefined when the contract has none. */
  readonly replyTopic: string | undefined
  /** Its key. */
  readonly replyKey: string | undefined
  /** Form of messages that are not in the contract; undefined: as each says itself. */
  readonly otherWire: Wire | undefined
}

const ANYTHING = z.unknown()
/** Resolved names that are kept; names arrive from outside, so their number is bounded. */
const MAX_RESOLVED = 1_000

export function bindTopics({ root, topics, replyTopic, otherTopics }: AnyContract, identity: Identity): TopicBinding {
  const own: Record<string, string> = {}
  for (const [name, value] of Object.entries(identity)) if (value !== undefined) own[name] = value
  /** With a form for topics that are not in the contract, such a topic is its own key, and what goes there is not looked at. */
  const otherTopic: ContractTopic | undefined =
    otherTopics === undefined
      ? undefined
      : { direction: 'shared', qos: 1, payload: ANYTHING, wire: otherTopics, absolute: true }
  const names = new Map<string, string>()
  const resolved = new Map<string, ResolvedTopic | undefined>()

  function definition(key: string): ContractTopic {
    const found = Object.hasOwn(topics, key) ? topics[key] : otherTopic
    if (!found) throw bridgeError('topic_unknown', { topic: key })
    return found
  }

  const isOther = (key: string) => otherTopic !== undefined && !Object.hasOwn(topics, key)
  const templateOf = (key: string) => (definition(key).absolute ? key : `${root}/${key}`)

  function topicOf(key: string, params?: Readonly<Record<string, string>>): string {
    if (isOther(key)) return legalName(key)
    if (params === undefined) {
      const known = names.get(key)
      if (known !== undefined) return known
    }
    const topic = legalName(fillTemplate(templateOf(key), key, { ...own, ...params }), key)
    if (params === undefined) names.set(key, topic)
    return topic
  }

  function filterOf(key: string, params: Readonly<Record<string, string>> = {}): string {
    if (isOther(key)) return legalName(key)
    const values: Readonly<Record<string, string>> = { ...own, ...params }
    return templateOf(key).replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name] ?? ''
      if (value === '+' || IDENTIFIER_PATTERN.test(value)) return value
      throw bridgeError('topic_parameter_invalid', { topic: key, parameter: name })
    })
  }

  function find(topic: string): ResolvedTopic | undefined {
    for (const key of Object.keys(topics)) {
      const params = matchTemplate(templateOf(key), topic)
      if (params) return { key, definition: definition(key), params: params as Record<string, string> }
    }
    return undefined
  }

  return {
    definition,
    answeredWithinMs: (key) => (Object.hasOwn(topics, key) ? topics[key]?.answeredWithinMs : undefined),
    topicOf,
    filterOf,
    wildcardFilterOf(filter, absolute) {
      const text = absolute ? filter : `${root}/${filter}`
      const problem = validateTopicFilter(text)
      if (problem) throw bridgeError('topic_unknown', { topic: `${filter}: ${problem}` })
      return text
    },
    resolve(topic) {
      if (resolved.has(topic)) return resolved.get(topic)
      const found = find(topic)
      if (resolved.size >= MAX_RESOLVED) resolved.clear()
      resolved.set(topic, found)
      return found
    },
    replyTopic: replyTopic === undefined ? undefined : topicOf(replyTopic),
    replyKey: replyTopic,
    otherWire: otherTopics,
  }
}

function legalName(topic: string, key = topic): string {
  const problem = validateTopicName(topic)
  if (problem) throw bridgeError('topic_unknown', { topic: topic === key ? problem : `${key}: ${problem}` })
  return topic
}
