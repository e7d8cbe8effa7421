import { bridgeError, describeIssue, ERRORS, isErrorCode, traceIdOfUuid } from '#contract/index.ts'
import type { Message, RequestOptions } from '../api/operations.ts'
import { type DeviceError, deviceError } from '../errors/index.ts'
import type { OutgoingMessage } from '../outbox/outgoing-message.ts'
import type { OpenRequest } from '../request/requests.ts'
import type { ContractTopic } from '../topics/types.ts'
import type { IncomingContent } from '../wire/incoming.ts'
import { asDeviceError, runOperation, type Settle } from './operation.ts'
import type { Parts } from './parts.ts'
import { newUuid, prepareMessage } from './prepare-message.ts'

/** Publishes and waits for the reply. See `Bridge.request`. */
export function request(parts: Parts, key: string, payload: unknown, options: RequestOptions = {}): Promise<unknown> {
  const { requests, outbox } = parts
  const defaultTimeoutMs = parts.binding.answeredWithinMs(key) ?? parts.settings.timeouts.requestMs
  const sent: OutgoingMessage[] = []
  let open: OpenRequest | undefined
  let cancelRetry = () => {}
  const stop = () => {
    cancelRetry()
    if (open) requests.remove(open)
    for (const message of sent) outbox.withdraw(message)
  }
  return runOperation<unknown>(
    parts,
    {
      timeoutMs: options.timeoutMs,
      signal: options.signal,
      name: 'request',
      subject: key,
      defaultTimeoutMs,
      timeoutError(timeoutMs) {
        parts.counters.timedOut += 1
        return deviceError('reply_timeout', { topic: key, timeoutMs })
      },
      onGivenUp: stop,
    },
    (settle) => {
      const definition = parts.binding.definition(key)
      if (!definition.reply) throw bridgeError('topic_unknown', { topic: `${key} is not answered` })
      const correlationId = correlationIdOf(definition, payload, options)
      const ended: Settle<unknown> = {
        resolve(result) {
          stop()
          settle.resolve(result)
        },
        reject(error) {
          stop()
          settle.reject(error)
        },
      }
      const replyTopic = replyTopicOf(parts, definition, options)
      // what is sent again is the same request, so it stays in its trace
      let traceId: string | undefined
      const send = () => {
        const message = prepareMessage(parts, {
          key,
          definition,
          payload,
          options: sent.length === 0 ? options : { ...options, messageId: undefined },
          correlation: { correlationId, replyTo: replyTopic },
          traceId,
          durable: false,
          onEnd: (error) => error && ended.reject(error),
        })
        traceId ??= traceIdOfUuid(message.messageId)
        sent.push(message)
        return message
      }
      const first = send()
      parts.rights.demand('subscribe', replyTopic)
      parts.counters.requests += 1
      const topics = replyTopicsOf(parts, definition, replyTopic)
      open = {
        correlationId,
        topics,
        settle(content, message) {
          tellReply(parts, options, content, message)
          answer(key, definition, content, ended)
        },
      }
      requests.add(open)
      whenListening(parts, topics, (error) => {
        if (error) ended.reject(error)
        else if (first.state === 'new') outbox.accept(first)
      })
      cancelRetry = scheduleRetries(parts, options, defaultTimeoutMs, () => {
        try {
          outbox.accept(send())
        } catch (error) {
          // the caller has changed the payload meanwhile
          ended.reject(asDeviceError(error))
        }
      })
    },
  )
}

/** A flat message is its own correlation. */
function correlationIdOf({ wire }: ContractTopic, payload: unknown, { correlationId }: RequestOptions): string {
  if (correlationId !== undefined) return correlationId
  if (wire === 'petal' && typeof payload === 'object' && payload !== null && 'messageId' in payload)
    return String(payload.messageId)
  return newUuid()
}

function replyTopicOf({ binding }: Parts, { reply }: ContractTopic, { replyTopic }: RequestOptions): string {
  const key = replyTopic ?? reply?.topic
  if (key !== undefined) return binding.topicOf(key)
  if (binding.replyTopic === undefined) throw bridgeError('topic_unknown', { topic: 'a reply topic' })
  return binding.replyTopic
}

/** Wherever the reply goes, a refusal comes on the private topic. A flat message is answered in one place. */
function replyTopicsOf({ binding }: Parts, { wire }: ContractTopic, replyTopic: string): string[] {
  const own = binding.replyTopic
  return own === undefined || own === replyTopic || wire === 'petal' ? [replyTopic] : [replyTopic, own]
}

function tellReply(
  { onEvent }: Parts,
  { onReply }: RequestOptions,
  { payload }: IncomingContent,
  message: () => Message,
): void {
  if (!onReply) return
  const reply = message()
  try {
    onReply(reply, payload)
  } catch (error) {
    onEvent({ type: 'handlerFailed', topic: reply.topic, error })
  }
}

/** Nothing is asked before the broker knows where the reply goes. Without a connection the next one begins with that. */
function whenListening(
  { subscriptions, supervisor }: Parts,
  topics: readonly string[],
  ready: (error?: DeviceError) => void,
): void {
  const filters = topics.map((topic) => ({ text: topic, pattern: topic }))
  let open = filters.filter((filter) => !subscriptions.isGranted(filter)).length
  if (open === 0) {
    ready()
    return
  }
  let isReady = false
  const once = (error?: DeviceError) => {
    if (isReady) return
    isReady = true
    ready(error)
  }
  for (const [index, filter] of filters.entries()) {
    if (subscriptions.isGranted(filter)) continue
    subscriptions.add(filter, 1, undefined, (error) => {
      open -= 1
      // the reply itself comes on the first
      if (error && index === 0) once(error)
      else if (open === 0) once()
    })
  }
  if (!supervisor.current()) once()
}

function answer(
  key: string,
  { reply }: ContractTopic,
  content: IncomingContent,
  { resolve, reject }: Settle<unknown>,
): void {
  if (content.isError) {
    reject(refusal(key, content.payload))
    return
  }
  const parsed = reply?.payload.safeParse(content.payload)
  if (!parsed?.success) {
    const problem = parsed ? describeIssue(parsed.error) : 'no reply is known'
    reject(deviceError('reply_invalid', { topic: key, problem }))
    return
  }
  resolve(parsed.data)
}

/** `details.code` is the code of the answer, `details.notification` all of it. */
function refusal(topic: string, payload: unknown): DeviceError {
  const fields = typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {}
  const code = String(fields.code ?? fields.error_code ?? 'error')
  const details = { topic, code, problem: String(fields.message ?? 'no message'), notification: payload }
  const isRetryable = isErrorCode(code) && ERRORS[code].retryable
  return deviceError('request_refused', details, isRetryable ? { classification: 'recoverable' } : {})
}

function scheduleRetries(
  parts: Parts,
  options: RequestOptions,
  defaultTimeoutMs: number,
  send: () => void,
): () => void {
  const { retries = 0, timeoutMs = defaultTimeoutMs } = options
  const pauseMs = options.retryAfterMs ?? timeoutMs / (retries + 1)
  let cancel = () => {}
  const schedule = (left: number) => {
    if (left === 0) return
    cancel = parts.deadlines.after(pauseMs, () => {
      send()
      schedule(left - 1)
    })
  }
  schedule(retries)
  return () => cancel()
}
