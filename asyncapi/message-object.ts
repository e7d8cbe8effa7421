import type * as z from 'zod'
import { fillTemplate, MAX_PAYLOAD_BYTES, topicTemplate } from '#contract/index.ts'
import { jsonSchemaOf, withReferencesTo } from './json-schema.ts'
import type { Form, WireMessage } from './wire-messages.ts'

const FORM_WORDS: Readonly<Record<Form, string>> = {
  envelope: 'in an envelope',
  reply: 'in the envelope of a reply',
  bare: 'alone, correlated by MQTT 5 properties',
  petal: 'as one flat object',
  text: 'as text',
}
const MQTT_BINDING = '0.2.0'
const EXAMPLE_DEVICE = { clientId: 'jamey-instance-1', organizationId: 'garden', deviceId: 'petal-7' }

/** A message of the document, with an example as it stands on the wire. */
export function messageObject(message: WireMessage, payloads: readonly z.ZodType[], root: string): object {
  const { id, title, form, schema } = message
  return {
    name: id,
    title,
    summary: `${title} ${FORM_WORDS[form]}; at most ${MAX_PAYLOAD_BYTES} bytes.`,
    contentType: form === 'text' ? 'text/plain' : 'application/json',
    payload: withReferencesTo('#/components/schemas/', jsonSchemaOf(schema, payloads).schema),
    ...correlation(form),
    ...(form === 'bare' && bareProperties(id)),
    examples: [{ payload: wireExample(message, root) }],
  }
}

/** The example of a message as it stands on the wire. */
export function wireExample({ key, form, example }: WireMessage, root: string): unknown {
  if (form !== 'envelope' && form !== 'reply') return example
  const ids = { request: '2b4b4bd0-27c8-4a7e-9d4c-0b7f7b5c1a11', reply: '9f6c1e34-0a7b-4d52-8e1f-3b5a7c9d0e21' }
  const common = { client_id: EXAMPLE_DEVICE.clientId, correlation_id: '7c0f5a3e-3c1c-4a44-8f3f-6a1c7d1e2f33' }
  const metadata =
    form === 'reply'
      ? { ...common, reply_to: null, in_reply_to: ids.request, status: isError(example) ? 'error' : 'ok' }
      : { ...common, reply_to: null }
  return {
    message_id: form === 'reply' ? ids.reply : ids.request,
    timestamp: '2026-11-20T12:00:00.000Z',
    topic: fillTemplate(topicTemplate(root, key), key, EXAMPLE_DEVICE),
    payload: example,
    metadata,
  }
}

function isError(example: unknown): boolean {
  return example !== null && typeof example === 'object' && 'severity' in example
}

function correlation(form: Form): object {
  if (form === 'bare' || form === 'text') return {}
  return { correlationId: { $ref: `#/components/correlationIds/${form === 'petal' ? 'petal' : 'envelope'}` } }
}

/** What takes the place of the envelope. */
function bareProperties(id: string): object {
  const correlationData = { type: 'string', description: 'Comes back as it was sent; a UUID makes a repeat known.' }
  const isReply = id.endsWith('Reply')
  return {
    ...(isReply && {
      headers: {
        type: 'object',
        properties: { status: { type: 'string', enum: ['ok', 'error'], description: 'MQTT 5 user property.' } },
      },
    }),
    bindings: {
      mqtt: {
        bindingVersion: MQTT_BINDING,
        correlationData,
        ...(!isReply && {
          responseTopic: {
            type: 'string',
            description: "The sender's private reply topic, or the shared one of the request.",
          },
        }),
      },
    },
  }
}
