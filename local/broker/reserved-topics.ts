export const RESERVED_TOPIC_REASON = 'topics that start with $ belong to AWS'

/**
 * Topics a client cannot publish to, whatever its policy allows.
 * https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html
 */
export function isReservedTopic(topic: string): boolean {
  return topic.startsWith('$')
}
