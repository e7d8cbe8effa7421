import {
  DEFAULT_ROOT,
  payloadName,
  REPLY_TOPIC,
  TOPIC_GUIDE,
  TOPIC_KEYS,
  type TopicDefinition,
  type TopicKey,
  topicDefinition,
  topicTemplate,
} from '#contract/index.ts'
import { allMessages } from './document.ts'
import { fieldRows } from './field-rows.ts'
import { jsonSchemaOf } from './json-schema.ts'
import { channelId, clientTopic, replyKeyOf } from './wire-messages.ts'

const INTRODUCTION = `# Topics

This page, [asyncapi.json](asyncapi.json) and the JSON Schemas in [schemas/](schemas/payloads) are written by \`npm run docs:topics\` from the contract; a
test fails when they differ. \`npx bridge asyncapi\` prints the AsyncAPI document for another root or from the view of a device, and \`--schemas DIR\` writes
the schemas. How to connect: [Python](connect/python.md), [Rust](connect/rust.md), [C](connect/c.md), [ESP32](connect/esp32.md), [TypeScript](DEVICE.md).

Topics stand below the root (\`${DEFAULT_ROOT}\` by default), but for those that begin with \`org/\`. What is in braces is always the device's own registered value.

*Direction*: \`toCloud\`, devices publish; \`toDevice\`, the cloud publishes and devices subscribe; \`shared\`, devices do both and the cloud only listens.`

const ENVELOPE = `## The envelope

A message is a JSON object with metadata around its payload. Fields with a default may be left out, or be null. Unknown fields of the envelope are ignored,
those of \`metadata\` are kept.

| field | type | required | meaning |
| --- | --- | --- | --- |
| \`message_id\` | string, uuid | yes | new for each message |
| \`timestamp\` | string, date-time | yes | RFC 3339 |
| \`topic\` | string | yes | the topic it is published to |
| \`payload\` | | yes | as the topic says below |
| \`metadata.client_id\` | string | no | the sender; another id than that of the connection is refused |
| \`metadata.correlation_id\` | string | no | a UUID of the sender; a request that is sent again with it runs once and gets the stored reply |
| \`metadata.reply_to\` | string | no | where the reply goes: the private topic, or the shared one of the request |
| \`metadata.in_reply_to\` | string | in replies | the \`message_id\` of the request |
| \`metadata.status\` | \`ok\`, \`error\` | in replies | with \`error\` the payload is an [ErrorNotification](schemas/payloads/ErrorNotification.json) |

With MQTT 5 a request can do without: the payload alone, a response topic, and correlation data (a UUID, if repeats are to be known). Its reply is then the payload
alone, with the same correlation data and the user property \`status\`. The topics of petals carry one flat object, and \`messageId\` belongs to the answer.`

/** docs/TOPICS.md: every topic with its payload, an example and its reply. */
export function topicsPage(): string {
  const overview = [
    '| topic | direction | QoS | payload | answered with | handled by |',
    '| --- | --- | --- | --- | --- | --- |',
    ...TOPIC_KEYS.map(overviewRow),
  ].join('\n')
  return `${[INTRODUCTION, overview, ENVELOPE, ...TOPIC_KEYS.map(section)].join('\n\n')}\n`
}

function overviewRow(key: TopicKey): string {
  const { direction, qos, payload, handledBy = '', workflow } = topicDefinition(key)
  const reply = clientTopic(key).reply?.payload
  const cells = [
    `[\`${key}\`](#${anchor(key)})`,
    direction,
    String(qos),
    schemaLink(key, payload),
    reply ? schemaLink(key, reply) : '',
    workflow ? `workflow ${workflow}` : handledBy,
  ]
  return `| ${cells.join(' | ')} |`
}

function section(key: TopicKey): string {
  const { payload } = topicDefinition(key)
  const guide = TOPIC_GUIDE[key]
  const reply: unknown = 'reply' in guide ? guide.reply : undefined
  const parts = [
    `## ${key}`,
    `${guide.summary} ${facts(key, topicDefinition(key))}`,
    ...(key === REPLY_TOPIC ? [] : [fields(payload)]),
    `${schemaLink(key, payload)}, for example:\n\n${json(guide.example)}`,
    ...(reply === undefined
      ? []
      : [`answered with ${schemaLink(key, clientTopic(key).reply?.payload)}:\n\n${json(reply)}`]),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function facts(key: TopicKey, { direction, qos, broadcast, reply }: TopicDefinition): string {
  const replyKey = replyKeyOf(key)
  const words = [`\`${topicTemplate(DEFAULT_ROOT, key)}\`, ${direction}, QoS ${qos}.`]
  if (clientTopic(key).wire === 'petal') words.push('One flat object, without envelope.')
  if (broadcast === 'optIn') words.push('Open only where the setting `sharedReplies` lists it.')
  if (replyKey !== undefined) words.push(`Answered on \`${replyKey}\``)
  if (replyKey !== undefined) words.push(reply?.sharedTopic ? `or \`${reply.sharedTopic}\`.` : 'alone.')
  return words.join(' ').replaceAll('` alone.', '`.')
}

function fields(payload: TopicDefinition['payload']): string {
  const payloads = allMessages().map((message) => message.payload)
  const rows = fieldRows(jsonSchemaOf(payload, payloads))
  if (rows.length === 0) return ''
  return ['| field | type | required |', '| --- | --- | --- |', ...rows.map((row) => `| ${row.join(' | ')} |`)].join(
    '\n',
  )
}

function schemaLink(key: TopicKey, payload: TopicDefinition['payload'] | undefined): string {
  if (payload === undefined || key === REPLY_TOPIC) return 'any reply'
  const name = payloadName(payload) ?? channelId(key)
  return `[${name}](schemas/payloads/${name}.json)`
}

/** The anchor that GitHub makes of the heading. */
function anchor(key: TopicKey): string {
  return key.toLowerCase().replaceAll(/[^\w\- ]/g, '')
}

function json(value: unknown): string {
  return `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``
}
