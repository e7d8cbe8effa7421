import { jsonSchemaOf } from '#asyncapi/index.ts'
import { TOPIC_GUIDE, TOPIC_KEYS, topicDefinition } from '#contract/index.ts'
import type { TopicRow } from './wire.ts'

/** What a device may publish, each with the schema that its form is made from. */
export function topicRows(): TopicRow[] {
  return TOPIC_KEYS.flatMap((key) => {
    const { direction, payload, reply } = topicDefinition(key)
    if (direction === 'toDevice') return []
    const { summary, example } = TOPIC_GUIDE[key]
    return {
      key,
      description: summary,
      isRequest: reply !== undefined,
      params: [...key.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => (name === 'clientId' ? [] : (name ?? []))),
      schema: { ...jsonSchemaOf(payload, []).schema },
      example,
    }
  })
}
