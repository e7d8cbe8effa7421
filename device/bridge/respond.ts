import {
  bridgeError,
  describeIssue,
  errorNotificationOf,
  PROGRESS_STATUS,
  TRACEPARENT,
  traceIdOf,
} from '#contract/index.ts'
import type { Message, Stop, SubscribeOptions } from '../api/operations.ts'
import type { ContractTopic } from '../topics/types.ts'
import { asDeviceError } from './operation.ts'
import type { Parts } from './parts.ts'
import { newUuid, prepareMessage } from './prepare-message.ts'
import { subscribe } from './subscribe.ts'

export type AnyResponder = (payload: unknown, message: Message, progress: () => void) => unknown

interface Answer {
  status: 'ok' | 'error'
  payload: unknown
}

/** Answers that are kept for repeated requests. */
const REMEMBERED = 1_000
const DEFAULT_CONCURRENCY = 10

/** Answers the requests of a topic. See `Bridge.respond`. */
export async function respond(
  parts: Parts,
  key: string,
  responder: AnyResponder,
  options: SubscribeOptions = {},
): Promise<Stop> {
  const definition = definitionOf(parts, key)
  const answers = new Map<string, Promise<Answer>>()

  /** A repeat waits for the first, and gets the same. */
  function answerOnce(payload: unknown, message: Message): Promise<Answer> {
    const id = `${message.topic} ${message.correlationId ?? message.messageId}`
    const known = answers.get(id)
    if (known) return known
    const answer = run(parts, definition, responder, payload, message)
    answers.set(id, answer)
    for (const oldest of answers.keys()) {
      if (answers.size <= REMEMBERED) break
      answers.delete(oldest)
    }
    return answer
  }

  return subscribe(
    parts,
    key,
    async (payload, message) => {
      const answer = await answerOnce(payload, message)
      if (isAnswerWanted(definition, payload)) send(parts, definition, message, answer)
    },
    { concurrency: DEFAULT_CONCURRENCY, acknowledge: 'afterHandler', ...options, answers: true },
  )
}

function definitionOf(parts: Parts, key: string): ContractTopic {
  try {
    const definition = parts.binding.definition(key)
    if (!definition.reply) throw bridgeError('topic_unknown', { topic: `${key} is not answered` })
    return definition
  } catch (error) {
    throw asDeviceError(error)
  }
}

async function run(
  parts: Parts,
  definition: ContractTopic,
  responder: AnyResponder,
  payload: unknown,
  message: Message,
): Promise<Answer> {
  try {
    const progress = () => tellProgress(parts, definition, message)
    const parsed = definition.reply?.payload.safeParse(await responder(payload, message, progress))
    if (parsed?.success) return { status: 'ok', payload: parsed.data }
    throw new Error(`the answer does not fit the contract: ${parsed ? describeIssue(parsed.error) : 'none is known'}`)
  } catch (error) {
    parts.counters.handlerFailures += 1
    parts.onEvent({ type: 'handlerFailed', topic: message.topic, error })
    return { status: 'error', payload: failure(parts, definition) }
  }
}

/** What the asker is told: never the error's own text. */
function failure({ clientId, settings }: Parts, { wire }: ContractTopic): unknown {
  const notification = errorNotificationOf(bridgeError('handler_failed'), clientId)
  if (wire !== 'petal') return notification
  const deviceId = settings.identity.deviceId ?? clientId
  return { deviceId, status: 'error', error_code: 'HANDLER_ERROR', message: notification.message }
}

/** Progress stands where an answer would, with a status that says it is none yet. */
function tellProgress(parts: Parts, definition: ContractTopic, message: Message): void {
  const { clientId, settings } = parts
  const flat = { deviceId: settings.identity.deviceId ?? clientId, status: PROGRESS_STATUS.petal }
  const payload = definition.wire === 'petal' ? flat : { status: PROGRESS_STATUS.http }
  const parsed = definition.reply?.payload.safeParse(payload)
  if (parsed?.success) send(parts, definition, message, { status: 'ok', payload: parsed.data })
}

/** A flat command says whether it waits. */
function isAnswerWanted({ wire }: ContractTopic, payload: unknown): boolean {
  const isSilent =
    typeof payload === 'object' && payload !== null && 'waitResponse' in payload && payload.waitResponse === false
  return wire !== 'petal' || !isSilent
}

function send(parts: Parts, definition: ContractTopic, message: Message, { status, payload }: Answer): void {
  const target = targetOf(parts, definition, message)
  const correlationId = message.correlationId ?? message.messageId
  if (!target || correlationId === undefined) return
  const outgoing = prepareMessage(parts, {
    key: target.key,
    topic: target.topic,
    definition: { ...parts.binding.definition(target.key), qos: 1 },
    // it was held against the request's reply, which is what its sender expects; an error has its own shape
    schema: ANYTHING,
    payload,
    options: { messageId: newUuid() },
    correlation: { correlationId, inReplyTo: message.messageId, status },
    traceId: traceIdOf(message.userProperties[TRACEPARENT]) ?? traceIdOf(message.metadata[TRACEPARENT]),
    wire: definition.wire,
    durable: true,
    onEnd(error) {
      if (error) parts.onEvent({ type: 'failed', operation: 'respond', topic: target.topic, error })
    },
  })
  parts.outbox.accept(outgoing)
}

/**
 * Where the answer goes: where the asker wants it, if that is a reply topic of the contract, else to the topic's own. A device must not be
 * made to write anywhere else.
 */
function targetOf(
  { binding, onEvent }: Parts,
  { reply }: ContractTopic,
  message: Message,
): { key: string; topic: string } | undefined {
  const { replyTo, topic } = message
  const wanted = replyTo === undefined ? undefined : binding.resolve(replyTo)
  if (replyTo !== undefined && wanted && [reply?.topic, binding.replyKey].includes(wanted.key))
    return { key: wanted.key, topic: replyTo }
  if (replyTo !== undefined) onEvent({ type: 'replyRefused', topic, replyTo })
  return reply?.topic === undefined
    ? undefined
    : { key: reply.topic, topic: binding.topicOf(reply.topic, message.params) }
}

const ANYTHING = { safeParse: (data: unknown) => ({ success: true, data }) } as unknown as ContractTopic['payload']
