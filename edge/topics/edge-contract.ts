import {
  type Contract,
  type ContractTopics,
  defineContract,
  jamey,
  type TopicKey,
  topicDefinition,
} from '#contract/index.ts'

/**
 * The contract as the edge service connects with it: topics in envelopes are read and written by the device client. All others, those of the
 * device among them, are texts, since programs send and expect them as they are, with whatever fields.
 */
export function edgeContract(root: string): Contract {
  const enveloped: ContractTopics = Object.fromEntries(
    Object.entries(jamey.topics as ContractTopics).filter(([, { absolute }]) => !absolute),
  )
  return defineContract({ root, topics: enveloped, otherTopics: 'text' })
}

/** Whether the device client puts messages of a topic into envelopes; else they are texts. */
export function isEnveloped(key: TopicKey | undefined): key is TopicKey {
  return key !== undefined && topicDefinition(key).absolute !== true
}
