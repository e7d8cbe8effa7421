import * as z from 'zod'
import {
  type ContractTopic,
  envelopeSchema,
  errorNotification,
  functionOf,
  jamey,
  type Metadata,
  metadataSchema,
  payloadName,
  REPLY_TOPIC,
  type ReplyMetadata,
  TOPIC_GUIDE,
  TOPIC_KEYS,
  type TopicKey,
  topicDefinition,
} from '#contract/index.ts'

/**
 * How a message stands on the wire. `envelope` and `reply`: JSON with metadata around the payload. `bare`: the payload alone, correlated by
 * MQTT 5 properties. `petal`: one flat object, correlated by its `messageId`. `text`: no JSON.
 */
export type Form = 'envelope' | 'reply' | 'bare' | 'petal' | 'text'

/** One kind of message on a topic. */
export interface WireMessage {
  /** Unique in the document. */
  readonly id: string
  /** The topic that it stands on. */
  readonly key: TopicKey
  readonly title: string
  readonly form: Form
  /** What stands on the wire. */
  readonly schema: z.ZodType
  readonly payload: z.ZodType
  readonly example: unknown
}

const replyMetadata = metadataSchema.extend({
  in_reply_to: z.string().nullable(),
  status: z.enum(['ok', 'error']),
}) satisfies z.ZodType<ReplyMetadata & Metadata>

const ERROR_EXAMPLE = {
  code: 'invalid_payload',
  message: 'the payload is not valid: action: expected a string',
  component: 'conscience',
  details: null,
  severity: 'error',
}

/** The topic as a client sees it. */
export function clientTopic(key: TopicKey): ContractTopic {
  return jamey.topics[key]
}

/** The topic that carries the replies of a request. */
export function replyKeyOf(key: TopicKey): TopicKey | undefined {
  const { reply } = clientTopic(key)
  return reply && ((reply.topic ?? REPLY_TOPIC) as TopicKey)
}

/** A key as a name: `devices/{clientId}/requests` becomes `devicesRequests`. */
export function channelId(key: TopicKey): string {
  const words = key.split('/').filter((level) => !level.startsWith('{'))
  return words.map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('')
}

/** Everything that may stand on a topic. */
export function wireMessages(key: TopicKey): WireMessage[] {
  if (key === REPLY_TOPIC) return privateReplies()
  const { payload, wire = 'envelope', reply } = clientTopic(key)
  const facts = { key, title: titleOf(key, payload), payload, example: TOPIC_GUIDE[key].example }
  const asked = requestsAnsweredOn(key)
  if (wire === 'envelope' && asked.length > 0) return [enveloped(`${channelId(key)}Reply`, 'reply', facts)]
  const own = wire === 'envelope' ? enveloped(channelId(key), wire, facts) : plain(channelId(key), wire, facts)
  // who sends an envelope to a function may leave it out
  const isBareToo = reply !== undefined && wire === 'envelope' && functionOf(key) !== undefined
  return isBareToo ? [own, plain(`${channelId(key)}Bare`, 'bare', facts)] : [own]
}

/** The messages that answer a request, by their ids in the channel of its replies. */
export function replyMessageIds(key: TopicKey): string[] {
  const replyKey = replyKeyOf(key)
  if (replyKey === undefined) return []
  if (replyKey !== REPLY_TOPIC) return wireMessages(replyKey).map(({ id }) => id)
  return [`${channelId(key)}Reply`, `${channelId(key)}BareReply`, 'errorReply', 'errorBareReply']
}

function privateReplies(): WireMessage[] {
  const answered = TOPIC_KEYS.filter((key) => replyKeyOf(key) === REPLY_TOPIC)
  const replies = answered.flatMap((key) => {
    const payload = topicDefinition(key).reply?.payload ?? z.json()
    const guide = TOPIC_GUIDE[key]
    const example = 'reply' in guide ? guide.reply : undefined
    const facts: Facts = { key: REPLY_TOPIC, title: titleOf(key, payload), payload, example }
    return bothForms(channelId(key), facts)
  })
  const error = {
    key: REPLY_TOPIC,
    title: 'ErrorNotification',
    payload: errorNotification,
    example: ERROR_EXAMPLE,
  } as const
  return [...replies, ...bothForms('error', error)]
}

function bothForms(id: string, facts: Facts): WireMessage[] {
  return [enveloped(`${id}Reply`, 'reply', facts), plain(`${id}BareReply`, 'bare', facts)]
}

type Facts = Pick<WireMessage, 'key' | 'title' | 'payload' | 'example'>

function enveloped(id: string, form: 'envelope' | 'reply', facts: Facts): WireMessage {
  const whole = envelopeSchema.extend({ payload: facts.payload })
  return { ...facts, id, form, schema: form === 'reply' ? whole.extend({ metadata: replyMetadata }) : whole }
}

function plain(id: string, form: Exclude<Form, 'envelope' | 'reply'>, facts: Facts): WireMessage {
  return { ...facts, id, form, schema: facts.payload }
}

function requestsAnsweredOn(key: TopicKey): TopicKey[] {
  return TOPIC_KEYS.filter((one) => replyKeyOf(one) === key || topicDefinition(one).reply?.sharedTopic === key)
}

function titleOf(key: TopicKey, payload: z.ZodType): string {
  return payloadName(payload) ?? channelId(key)
}
