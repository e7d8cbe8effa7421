import { topicTemplate } from './topic-names.ts'
import { TOPIC_KEYS, topicDefinition } from './topics.ts'

/**
 * The topics the publisher may write to, as IAM resource names: `*` stands for a parameter. An IAM `*` crosses levels, so the
 * publisher itself also holds every topic against the contract.
 */
export function publishableResourceNames(root: string): string[] {
  return TOPIC_KEYS.filter((key) => topicDefinition(key).direction === 'toDevice').map((key) =>
    topicTemplate(root, key).replace(/\{\w+\}/g, '*'),
  )
}
