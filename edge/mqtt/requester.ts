import { randomUUID } from 'node:crypto'
import {
  bridgeError,
  type ContractTopic,
  type ContractTopics,
  describeIssue,
  isTopicKey,
  jamey,
  resolveTopic,
  type TopicKey,
  topicName,
  validateTopicName,
} from '#contract/index.ts'
import { type Bridge, type Clock, deviceError } from '#device/index.ts'
import { edgeError } from '../errors/edge-error.ts'
import { isEnveloped } from '../topics/edge-contract.ts'
import type { TopicAccess } from '../topics/topic-access.ts'
import type { DeviceIdentity } from './device-identity.ts'
import type { IncomingMessage } from './incoming-message.ts'
import type { TopicHub } from './topic-hub.ts'

export interface RequestCall {
  /** Full name, or key of the contract; parameters of a key are the device's own. */
  topic: string
  payload: unknown
  /** Default: 30,000. */
  timeoutMs?: number | undefined
  correlationId?: string | undefined
  /** Of a topic outside the contract: where the reply comes. Default: `<topic>/responses/<client id>`. */
  replyTopic?: string | undefined
  /** Ends the wait, and takes back what was not sent yet. */
  signal?: AbortSignal | undefined
}

export interface Requester {
  /**
   * Publishes a request and resolves to its reply. In envelopes the device client does it. Flat messages are correlated by their `messageId`, and
   * held against the contract as well. Outside the contract it is done with MQTT 5 response topic and correlation data; a reply may also have
   * the id as its `messageId`, from those who do not see properties. Rejects with topic_unanswered, what the topic's checks throw,
   * invalid_payload, subscribe_refused, reply_timeout, reply_invalid, request_refused.
   */
  request(call: RequestCall): Promise<{ topic: string; payload: unknown }>
}

export interface RequesterOptions {
  root: string
  bridge: Bridge
  hub: TopicHub
  access: TopicAccess
  identity: DeviceIdentity
  clock: Clock
  onPublished(): void
}

/** A request that is ready to go out. */
interface Question {
  readonly topic: string
  readonly payload: unknown
  readonly correlationId: string
  readonly replyTopic: string
  /** Takes the payload out of the reply, or throws. */
  read(reply: IncomingMessage): unknown
}

const DEFAULT_TIMEOUT_MS = 30_000

export function createRequester(options: RequesterOptions): Requester {
  const { root, bridge, hub, access, identity, clock } = options

  function nameOf(named: string): string {
    if (!isTopicKey(named)) return named
    if (!named.includes('{')) return topicName(root, named, {} as never)
    const parameters = identity.topicParameters()
    if (!parameters) throw edgeError('device_unidentified')
    return topicName(root, named, { ...parameters, clientId: identity.current().clientId } as never)
  }

  /** One object with a `messageId`, as programs and web clients exchange them. */
  function flatQuestion(topic: string, key: TopicKey, call: RequestCall): Question {
    const { payload: schema, reply } = definitionOf(key)
    if (reply?.topic === undefined) throw edgeError('topic_unanswered', { topic })
    const { organizationId, deviceId } = resolveTopic(root, topic)?.parameters ?? {}
    const correlationId = correlationIdOf(call)
    // whoever asks waits, and no field takes the place of what it is known by
    const fields = objectOf(call.payload)
    const parsed = schema.safeParse(fields && { deviceId, ...fields, messageId: correlationId, waitResponse: true })
    if (!parsed.success) throw bridgeError('invalid_payload', { problem: describeIssue(parsed.error) })
    return {
      topic,
      payload: parsed.data,
      correlationId,
      replyTopic: topicName(root, reply.topic as TopicKey, { organizationId, deviceId } as never),
      read(message) {
        const answer = reply.payload.safeParse(message.payload)
        if (answer.success) return answer.data
        throw deviceError('reply_invalid', { topic, problem: describeIssue(answer.error) })
      },
    }
  }

  function otherQuestion(topic: string, call: RequestCall): Question {
    const { replyTopic = `${topic}/responses/${identity.current().clientId}`, payload } = call
    const problem = validateTopicName(replyTopic)
    if (problem) throw edgeError('filter_invalid', { problem: `the reply topic: ${problem}` })
    access.subscribe(replyTopic)
    return { topic, payload, correlationId: correlationIdOf(call), replyTopic, read: (message) => message.payload }
  }

  async function ask(question: Question, { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: RequestCall): Promise<unknown> {
    const { topic, replyTopic, correlationId } = question
    const reply = Promise.withResolvers<IncomingMessage>()
    const ended = new AbortController()
    const onAbort = () => reply.reject(deviceError('aborted', { operation: 'request' }))
    signal?.addEventListener('abort', onAbort)
    const cancel = clock.after(timeoutMs, () => reply.reject(deviceError('reply_timeout', { topic, timeoutMs })))
    const remove = hub.add(replyTopic, (message) => {
      if (isReplyTo(correlationId, message)) reply.resolve(message)
      return undefined
    })
    try {
      // nothing is asked before the broker knows where the reply goes
      await Promise.race([hub.granted(replyTopic), reply.promise])
      send(question, timeoutMs, ended.signal).catch(reply.reject)
      const message = await reply.promise
      if (message.isError) throw refusal(topic, message)
      return question.read(message)
    } finally {
      cancel()
      signal?.removeEventListener('abort', onAbort)
      ended.abort()
      void remove()
    }
  }

  /** Nobody waits for it beyond the timeout, so it goes out within that or not at all. */
  async function send(question: Question, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { topic, payload, replyTopic, correlationId } = question
    await bridge.publish(topic as never, JSON.stringify(payload) as never, {
      qos: 1,
      responseTopic: replyTopic,
      correlationData: correlationId,
      expirySeconds: Math.ceil(timeoutMs / 1_000),
      timeoutMs: Number.POSITIVE_INFINITY,
      signal,
    })
    options.onPublished()
  }

  return {
    async request(call) {
      const topic = nameOf(call.topic)
      const { key, params } = access.publish(topic)
      if (key !== undefined && call.replyTopic !== undefined)
        throw edgeError('body_invalid', { problem: `the contract says where the reply of "${topic}" comes` })
      if (isEnveloped(key)) {
        if (!definitionOf(key).reply) throw edgeError('topic_unanswered', { topic })
        const { timeoutMs, correlationId, signal } = call
        const settings = { params, timeoutMs, correlationId, signal }
        const payload: unknown = await bridge.request(key as never, call.payload as never, settings)
        return { topic, payload }
      }
      const question = key === undefined ? otherQuestion(topic, call) : flatQuestion(topic, key, call)
      return { topic, payload: await ask(question, call) }
    },
  }
}

/** As clients see it: with what answers it. */
function definitionOf(key: TopicKey): ContractTopic {
  return (jamey.topics as ContractTopics)[key] as ContractTopic
}

/** A payload with an id is known by that. */
function correlationIdOf({ correlationId, payload }: RequestCall): string {
  if (correlationId !== undefined) return correlationId
  const own = objectOf(payload)?.messageId
  return typeof own === 'string' && own !== '' ? own : randomUUID()
}

function objectOf(payload: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload)
  return isObject ? (payload as Record<string, unknown>) : undefined
}

/** Word of progress is no reply yet. */
function isReplyTo(correlationId: string, message: IncomingMessage): boolean {
  return [message.correlationId, message.messageId].includes(correlationId) && !message.isProgress
}

function refusal(topic: string, { payload }: IncomingMessage): Error {
  const { error_code: petalCode, code = petalCode, message } = payload
  const text = (value: unknown, otherwise: string) => (typeof value === 'string' ? value.slice(0, 1_000) : otherwise)
  return deviceError('request_refused', {
    topic,
    code: text(code, 'error'),
    problem: text(message, 'no message'),
    notification: payload,
  })
}
