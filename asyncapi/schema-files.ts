import { EVENT_TYPES, EVENTS, payloadName } from '#contract/index.ts'
import { allMessages } from './document.ts'
import { jsonSchemaOf, schemaFile } from './json-schema.ts'

/**
 * JSON Schema files by their path: each payload under its name, each message with what stands around the payload, and the detail of each
 * event. Each file stands for itself.
 */
export function schemaFiles(): Record<string, object> {
  const messages = allMessages()
  const payloads = messages.map(({ payload }) => payload)
  const files: [string, object][] = []
  for (const { id, form, schema, payload } of messages) {
    const name = payloadName(payload) ?? id
    const { definitions } = jsonSchemaOf(payload, payloads)
    const { [name]: own, ...others } = definitions
    const payloadSchema = own ?? jsonSchemaOf(payload, payloads).schema
    files.push([`payloads/${name}.json`, schemaFile(name, { schema: payloadSchema, definitions: others })])
    if (form === 'envelope' || form === 'reply') {
      files.push([`messages/${id}.json`, schemaFile(id, jsonSchemaOf(schema, payloads))])
    }
  }
  for (const type of EVENT_TYPES) {
    files.push([`events/${type.replaceAll(' ', '')}.json`, schemaFile(type, jsonSchemaOf(EVENTS[type], payloads))])
  }
  return Object.fromEntries(files.sort(([one], [other]) => (one < other ? -1 : 1)))
}
