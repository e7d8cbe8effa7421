export const RESERVED_TOPIC_REASON = 'topics that start with $ belong to AWS'

/**
 * Topics a client cannot publish to, whatever its policy allows; Basic Ingest apart. The services behind other `$aws` topics (shadows,
 * jobs, provisioning) are not part of the broker.
 * https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html
 */
export function isReservedTopic(topic: string): boolean {
  return topic.startsWith('$')
}

/** Nobody can subscribe to what goes past the broker to a rule. */
export function isBasicIngestFilter(filter: string): boolean {
  return filter.startsWith('$aws/rules/')
}
