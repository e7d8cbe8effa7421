import {
  REPLY_TOPIC,
  REQUEST_LIMITS,
  TOPIC_GUIDE,
  TOPIC_KEYS,
  type TopicKey,
  topicDefinition,
} from '#contract/index.ts'
import { channelId, clientTopic, replyKeyOf, replyMessageIds, wireMessages } from './wire-messages.ts'

/** Whose operations a document describes. */
export const VIEWS = ['bridge', 'device'] as const
export type View = (typeof VIEWS)[number]

type Action = 'send' | 'receive'

/** What one side does with each topic. A topic that only carries replies stands in the operations that it answers. */
export function operations(view: View): Record<string, object> {
  const entries = TOPIC_KEYS.filter((key) => key !== REPLY_TOPIC && !isReplyOnly(key)).flatMap((key) =>
    actions(key, view).map((action) => [operationId(action, key), operation(action, key)] as const),
  )
  return Object.fromEntries(entries)
}

function actions(key: TopicKey, view: View): Action[] {
  const { direction, handledBy } = topicDefinition(key)
  if (view === 'device')
    return ({ toCloud: ['send'], toDevice: ['receive'], shared: ['send', 'receive'] } as const)[direction].slice()
  if (direction === 'toDevice') return ['send']
  // the cloud hears a shared topic only through a function of its own
  return direction === 'toCloud' || handledBy !== undefined ? ['receive'] : []
}

function operation(action: Action, key: TopicKey): object {
  const channel = channelId(key)
  const { qos } = clientTopic(key)
  return {
    action,
    channel: { $ref: `#/channels/${channel}` },
    summary: TOPIC_GUIDE[key].summary,
    messages: wireMessages(key).map(({ id }) => ({ $ref: `#/channels/${channel}/messages/${id}` })),
    bindings: { mqtt: { bindingVersion: '0.2.0', qos, retain: false } },
    ...reply(key),
  }
}

function reply(key: TopicKey): object {
  const replyKey = replyKeyOf(key)
  if (replyKey === undefined) return {}
  const channel = channelId(replyKey)
  const { sharedTopic } = topicDefinition(key).reply ?? {}
  return {
    ...(replyKey === REPLY_TOPIC && { description: replyWords(sharedTopic as TopicKey | undefined) }),
    reply: {
      channel: { $ref: `#/channels/${channel}` },
      messages: replyMessageIds(key).map((id) => ({ $ref: `#/channels/${channel}/messages/${id}` })),
    },
  }
}

function replyWords(sharedKey: TopicKey | undefined): string {
  const deadline = `A request that is ${REQUEST_LIMITS.deadlineMs / 1_000} s old is refused and not run. Errors always go to the private topic.`
  if (sharedKey === undefined) return deadline
  const shared =
    topicDefinition(sharedKey).broadcast === 'default'
      ? `Without \`metadata.reply_to\` or response topic the reply goes to ${sharedKey}, which is shared.`
      : `A reply may go to ${sharedKey}, which is shared, where the deployment opens that.`
  return `${shared} ${deadline}`
}

/** Whether a topic is there for the replies of one that the other side sends. */
function isReplyOnly(key: TopicKey): boolean {
  return topicDefinition(key).direction !== 'shared' && TOPIC_KEYS.some((one) => replyKeyOf(one) === key)
}

function operationId(action: Action, key: TopicKey): string {
  const id = channelId(key)
  return `${action}${id.charAt(0).toUpperCase()}${id.slice(1)}`
}
