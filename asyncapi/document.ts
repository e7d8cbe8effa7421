import {
  DEFAULT_ROOT,
  IDENTIFIER_PATTERN,
  parameterName,
  TOPIC_GUIDE,
  TOPIC_KEYS,
  type TopicKey,
  topicTemplate,
} from '#contract/index.ts'
import { jsonSchemaOf, withReferencesTo } from './json-schema.ts'
import { messageObject } from './message-object.ts'
import { operations, type View } from './operations.ts'
import { SECURITY_SCHEMES, servers } from './servers.ts'
import { channelId, type WireMessage, wireMessages } from './wire-messages.ts'

const PARAMETERS: Readonly<Record<string, string>> = {
  clientId: "The device's own MQTT client id.",
  organizationId: 'The organization that the device is registered with.',
  deviceId: 'The device id that the device is registered with.',
}

export interface AsyncApiOptions {
  /** Of this project. */
  version: string
  /** Whose sends and receives are described. Default: `bridge`. */
  view?: View
  /** Default: the contract's. */
  root?: string
}

/** All messages of the contract, each once. */
export function allMessages(): WireMessage[] {
  return TOPIC_KEYS.flatMap(wireMessages)
}

/**
 * The contract as an AsyncAPI 3 document: servers, channels, operations with their replies, messages, security.
 * https://www.asyncapi.com/docs/reference/specification/v3.0.0
 */
export function asyncApiDocument({ version, view = 'bridge', root = DEFAULT_ROOT }: AsyncApiOptions): object {
  const messages = allMessages()
  const payloads = messages.map(({ payload }) => payload)
  const schemas = Object.fromEntries(
    messages.flatMap(({ schema }) => Object.entries(jsonSchemaOf(schema, payloads).definitions)),
  )
  return {
    asyncapi: '3.0.0',
    info: {
      title: view === 'bridge' ? 'mqtt-cloud-bridge' : 'A device of mqtt-cloud-bridge',
      version,
      description: DESCRIPTIONS[view],
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: servers(),
    channels: Object.fromEntries(TOPIC_KEYS.map((key) => [channelId(key), channel(key, root)])),
    operations: operations(view),
    components: {
      messages: Object.fromEntries(messages.map((message) => [message.id, messageObject(message, payloads, root)])),
      schemas: withReferencesTo('#/components/schemas/', schemas),
      correlationIds: {
        envelope: {
          location: '$message.payload#/metadata/correlation_id',
          description:
            'A UUID of the sender. Sent again with it, a request gets the stored reply and nothing runs twice.',
        },
        petal: { location: '$message.payload#/messageId', description: 'Comes back in the answer.' },
      },
      securitySchemes: SECURITY_SCHEMES,
    },
  }
}

const DESCRIPTIONS: Readonly<Record<View, string>> = {
  bridge:
    'Cloud functions that answer devices over MQTT. Operations are those of the bridge: what it receives, a device sends. `npx bridge asyncapi --view device` turns them around.',
  device: 'What a device sends and receives. `npx bridge asyncapi` describes the bridge itself.',
}

function channel(key: TopicKey, root: string): object {
  const address = topicTemplate(root, key)
  const parameters = address.split('/').flatMap((level) => parameterName(level) ?? [])
  return {
    address,
    title: key,
    description: TOPIC_GUIDE[key].summary,
    messages: Object.fromEntries(wireMessages(key).map(({ id }) => [id, { $ref: `#/components/messages/${id}` }])),
    ...(parameters.length > 0 && {
      parameters: Object.fromEntries(
        parameters.map((name) => [
          name,
          { description: `${PARAMETERS[name] ?? name} Fits ${IDENTIFIER_PATTERN.source}.` },
        ]),
      ),
    }),
  }
}
