import { validateTopicName } from '#contract/topic-filter.ts'
import { REASON } from '../reason-codes.ts'
import { type Refusal, refusal } from '../refusal.ts'
import { isReservedTopic, RESERVED_TOPIC_REASON } from './reserved-topics.ts'

export const RULES_PREFIX = '$aws/rules/'
const RULE_NAME = /^[a-zA-Z0-9_]{1,128}$/

/** Where a message goes: to subscribers and rules, or past them to one rule. */
export type Destination = { topic: string; basicIngestRule?: string }

/**
 * Reads the topic of a PUBLISH, or says why nobody may publish there. `$aws/rules/<rule>/<topic>` is Basic Ingest: the prefix counts
 * toward no limit. https://docs.aws.amazon.com/iot/latest/developerguide/iot-basic-ingest.html
 */
export function readDestination(topic: string): Destination | Refusal {
  if (!topic.startsWith(RULES_PREFIX)) {
    const problem = validateTopicName(topic) ?? (isReservedTopic(topic) ? RESERVED_TOPIC_REASON : undefined)
    return problem === undefined ? { topic } : refusal(REASON.topicNameInvalid, problem)
  }
  const [rule = '', ...levels] = topic.slice(RULES_PREFIX.length).split('/')
  if (!RULE_NAME.test(rule)) return refusal(REASON.topicNameInvalid, 'Basic Ingest reads $aws/rules/<rule>/<topic>')
  const rest = levels.join('/')
  const problem = levels.length === 0 ? undefined : validateTopicName(rest)
  return problem === undefined ? { topic: rest, basicIngestRule: rule } : refusal(REASON.topicNameInvalid, problem)
}
