import type * as z from 'zod'
import { bridgeError } from './errors.ts'
import { apiResponse, petalMessage } from './messages.ts'
import { validateTopicFilter } from './topic-filter.ts'
import { DEFAULT_ROOT, ROOT_PATTERN } from './topic-names.ts'
import { REPLY_TOPIC, TOPICS, type TopicDefinition, type Wire } from './topics.ts'

/** A topic as a client sees it: what goes there, in which direction, and what answers it. */
export interface ContractTopic {
  /** `toCloud`: devices publish. `toDevice`: devices subscribe. `shared`: both. */
  readonly direction: TopicDefinition['direction']
  readonly qos: 0 | 1
  readonly payload: z.ZodType
  /** `topic` is the key of the topic that carries the reply; default: the contract's `replyTopic`. */
  readonly reply?: { readonly payload: z.ZodType; readonly topic?: string }
  /** How long the answer of a request may take. Default: the client's own limit. */
  readonly answeredWithinMs?: number
  /** Default: `envelope`. */
  readonly wire?: Wire
  /** The template stands outside the root. */
  readonly absolute?: true
}

export type ContractTopics = Readonly<Record<string, ContractTopic>>

/** A root and the topics below it. The key of a topic is its template: `{clientId}` stands for one level. */
export interface Contract<Topics extends ContractTopics = ContractTopics> {
  readonly root: string
  readonly topics: Topics
  /** Key of the private topic that replies go to unless the topic says otherwise. */
  readonly replyTopic?: string | undefined
  /** How messages of topics that are not in it stand on the wire. Default: with or without envelope, as each says itself. */
  readonly otherTopics?: Wire | undefined
}

/** Makes a contract. Throws configuration_invalid for an illegal root or template, and for a reply topic that is not in it. */
export function defineContract<const Topics extends ContractTopics>(definition: {
  root: string
  topics: Topics
  /** Default: `responses/{clientId}`, when there is one. */
  replyTopic?: keyof Topics & string
  otherTopics?: Wire | undefined
}): Contract<Topics> {
  const { root, topics, otherTopics } = definition
  const problem = findProblem(definition)
  if (problem) throw bridgeError('configuration_invalid', { problem: `contract: ${problem}` })
  const replyTopic = definition.replyTopic ?? (Object.hasOwn(topics, REPLY_TOPIC) ? REPLY_TOPIC : undefined)
  return { root, topics, replyTopic, otherTopics }
}

function findProblem({ root, topics, replyTopic }: Contract): string | undefined {
  if (!ROOT_PATTERN.test(root)) return `the root "${root}" does not fit ${ROOT_PATTERN.source}`
  for (const [key, { absolute, reply }] of Object.entries(topics)) {
    const problem = validateTopicFilter((absolute ? key : `${root}/${key}`).replace(/\{\w+\}/g, 'x'))
    if (problem ?? /[+#]/.test(key)) return `topic "${key}": ${problem ?? 'a template holds no wildcard'}`
    if (reply?.topic !== undefined && !Object.hasOwn(topics, reply.topic)) {
      return `topic "${key}" is answered on "${reply.topic}", which is not in the contract`
    }
  }
  if (replyTopic !== undefined && !Object.hasOwn(topics, replyTopic)) return `"${replyTopic}" is not in the contract`
  return undefined
}

const PETAL_RESPONSE = 'org/{organizationId}/device/{deviceId}/response'
const petalReply = { payload: petalMessage, topic: PETAL_RESPONSE } as const

/** {@link TOPICS} as clients see them: what answers a request, be it the cloud's or the device's. */
const CLIENT_TOPICS = {
  ...TOPICS,
  'devices/{clientId}/requests': {
    ...TOPICS['devices/{clientId}/requests'],
    reply: { payload: apiResponse, topic: 'devices/{clientId}/responses' },
  },
  'org/{organizationId}/device/{deviceId}/command/edge': {
    ...TOPICS['org/{organizationId}/device/{deviceId}/command/edge'],
    reply: petalReply,
  },
  'org/{organizationId}/device/{deviceId}/command': {
    ...TOPICS['org/{organizationId}/device/{deviceId}/command'],
    reply: petalReply,
  },
  'org/{organizationId}/device/{deviceId}/command/web': {
    ...TOPICS['org/{organizationId}/device/{deviceId}/command/web'],
    reply: petalReply,
  },
} as const satisfies ContractTopics

/** The catalogue as a contract, below the default root; `defineContract({ root, topics: jamey.topics })` puts it below another. */
export const jamey: Contract<typeof CLIENT_TOPICS> = /* @__PURE__ */ defineContract({
  root: DEFAULT_ROOT,
  topics: CLIENT_TOPICS,
})
