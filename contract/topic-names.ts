import { bridgeError } from './errors.ts'
import { isTopicKey, TOPIC_KEYS, type TopicKey, topicDefinition } from './topics.ts'

/** The root below which the topics stand unless a deployment names another. */
export const DEFAULT_ROOT = 'jamey'
/** One to three levels of at most 64 characters together. */
export const ROOT_PATTERN = /^(?=.{1,64}$)[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+){0,2}$/
/** What stands for `{clientId}`, `{organizationId}` and `{deviceId}`: a thing name of IoT Core, so it holds no wildcard. */
export const IDENTIFIER_PATTERN = /^[A-Za-z0-9:_-]{1,128}$/

export type ParameterOf<Key extends string> = Key extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterOf<Rest>
  : never
export type TopicParameters<Key extends TopicKey> = Record<ParameterOf<Key>, string>
export type TopicParameterName = ParameterOf<TopicKey>

/** The template of a topic with its root filled in: `jamey/responses/{clientId}`. */
export function topicTemplate(root: string, key: TopicKey): string {
  return topicDefinition(key).absolute ? key : `${root}/${key}`
}

/** The name of a topic. Throws topic_parameter_invalid when a parameter does not fit {@link IDENTIFIER_PATTERN}. */
export function topicName<Key extends TopicKey>(root: string, key: Key, parameters: TopicParameters<Key>): string {
  return fillTemplate(topicTemplate(root, key), key, parameters)
}

/** The template of the topic `key` with its parameters filled in. Throws topic_parameter_invalid like {@link topicName}. */
export function fillTemplate(
  template: string,
  key: string,
  parameters: Readonly<Partial<Record<string, string>>>,
): string {
  return template.replace(/\{(\w+)\}/g, (_, parameter: string) => {
    const value = parameters[parameter] ?? ''
    if (!IDENTIFIER_PATTERN.test(value)) throw bridgeError('topic_parameter_invalid', { topic: key, parameter })
    return value
  })
}

/** The filter that matches a topic for all values of its parameters: `jamey/responses/+`. */
export function topicFilterOf(root: string, key: TopicKey): string {
  return topicTemplate(root, key).replace(/\{\w+\}/g, '+')
}

/** Which topic of the contract a name is, with its parameters; undefined when it is none. */
export function resolveTopic(
  root: string,
  topic: string,
): { key: TopicKey; parameters: Partial<Record<TopicParameterName, string>> } | undefined {
  const withoutRoot = topic.slice(root.length + 1)
  if (topic.startsWith(`${root}/`) && isTopicKey(withoutRoot) && !withoutRoot.includes('{')) {
    return { key: withoutRoot, parameters: {} }
  }
  for (const key of TOPIC_KEYS) {
    const parameters = matchTemplate(topicTemplate(root, key), topic)
    if (parameters) return { key, parameters }
  }
  return undefined
}

/** The parameters with which a template becomes this topic; undefined when there are none. */
export function matchTemplate(
  template: string,
  topic: string,
): Partial<Record<TopicParameterName, string>> | undefined {
  const templateLevels = template.split('/')
  const levels = topic.split('/')
  if (levels.length !== templateLevels.length) return undefined
  const parameters: Partial<Record<string, string>> = {}
  for (const [index, level] of templateLevels.entries()) {
    const actual = levels[index] ?? ''
    const name = parameterName(level)
    if (name === undefined ? level !== actual : !IDENTIFIER_PATTERN.test(actual)) return undefined
    if (name !== undefined) parameters[name] = actual
  }
  return parameters
}

/** The name inside a template level `{name}`; undefined for a literal level. */
export function parameterName(level: string): TopicParameterName | undefined {
  return level.startsWith('{') ? (level.slice(1, -1) as TopicParameterName) : undefined
}
