import {
  bridgeError,
  type DeliverCommand,
  type DeliveryReceipt,
  type DeviceRequest,
  type DeviceRequestState,
  describeIssue,
  deviceRequestSchema,
  longestWaitSeconds,
  topicDefinition,
  traceIdOfUuid,
} from '#contract/index.ts'
import {
  type DeviceRequestRecord,
  type DeviceRequests,
  deviceRequestKey,
  deviceRequestState,
  expiredOutcome,
  failureOutcome,
  requestHash,
  UNSENT,
} from '#correlation/index.ts'
import { activeDevice, type DeviceDirectory } from '../device-directory.ts'
import type { Observer } from '../observability.ts'
import { currentTraceId, followTrace } from '../trace.ts'
import { uuidV5 } from '../uuid.ts'
import { deviceMessage, requestTopics } from './device-message.ts'
import type { TellOutcome } from './tell-outcome.ts'

/** Namespace of the correlation ids that are made from a completion. */
const COMPLETIONS = 'b3a55f5c-0a0e-5d5b-9a5e-6f8f0f4b2f7d'

export interface AskDependencies {
  root: string
  requests: DeviceRequests
  devices: DeviceDirectory
  /** Has the publisher send the message. Throws publish_failed. */
  deliver(command: DeliverCommand): Promise<DeliveryReceipt>
  tellOutcome: TellOutcome
  observer: Observer
  newId: () => string
  nowMs: () => number
}

export type AskDevice = (input: unknown, askedBy: string) => Promise<DeviceRequestState>

/**
 * Asks a device: writes the request, has it sent, and returns how far it is. Whoever asks again, after a crash between any two steps, goes on
 * where that ended. Throws device_request_invalid, invalid_payload, device_unregistered, correlation_conflict, publish_failed,
 * store_unavailable.
 */
export function createAskDevice(dependencies: AskDependencies): AskDevice {
  const { root, requests, devices, deliver, tellOutcome, observer, newId, nowMs } = dependencies

  return async (input, askedBy) => {
    const parsed = deviceRequestSchema.safeParse(input)
    if (!parsed.success) throw bridgeError('device_request_invalid', { problem: describeIssue(parsed.error) })
    const request = parsed.data
    const delivery = deliveryOf(request)
    const device = await activeDevice(devices, request.client_id)
    const topics = requestTopics(root, request, device)
    const correlationId = request.correlation_id ?? correlationIdOf(request) ?? newId()
    const key = deviceRequestKey({ clientId: request.client_id, correlationId })
    const messageId = newId()
    const traceId = currentTraceId() ?? request.trace_id ?? traceIdOfUuid(messageId)
    followTrace(traceId)
    const message = deviceMessage(request, topics, { device, correlationId, messageId, nowMs: nowMs(), traceId })
    const { state, record } = await requests.open({
      key,
      requestHash: requestHash(topics.topic, request.payload),
      clientId: request.client_id,
      correlationId,
      topic: request.topic,
      answerTopic: topics.answerTopic,
      askedBy,
      waitMs: request.deadline_seconds * 1_000,
      longestWaitMs: longestWaitSeconds(request) * 1_000,
      completion: request.completion,
    })
    if (state === 'conflict') throw bridgeError('correlation_conflict')
    const open = record.state === 'pending' ? await stillOpen(record) : record
    if (open.state !== 'pending') return ended(open, request)
    const expirySeconds = Math.max(1, Math.ceil((open.deadline_ms - nowMs()) / 1_000))
    const { delivered } = await deliver({
      deliver: { client_id: request.client_id, delivery, message, expiry_seconds: expirySeconds },
    })
    const facts = { client_id: request.client_id, topic: topics.topic, correlation_id: correlationId }
    observer.info('device_asked', { ...facts, asked_by: askedBy, delivered, attempts: open.attempts })
    // an earlier attempt may have reached the device before it went
    if (delivered !== 'offline' || open.attempts > 1) {
      observer.count('DeviceRequestsSent')
      return deviceRequestState(open, nowMs())
    }
    observer.count('DeviceRequestsOffline')
    const settled = await requests.settle(key, {
      state: 'failed',
      outcome: failureOutcome(bridgeError('device_offline')),
      answerId: UNSENT,
      answerTopic: topics.answerTopic,
      atMs: nowMs(),
    })
    return ended(settled.record ?? open, request)
  }

  /** A repeat that comes after the deadline asks nobody any more. */
  async function stillOpen(record: DeviceRequestRecord): Promise<DeviceRequestRecord> {
    if (record.deadline_ms > nowMs()) return record
    return (await requests.expire(record.request_key, expiredOutcome())) ?? record
  }

  async function ended(record: DeviceRequestRecord, { completion }: DeviceRequest): Promise<DeviceRequestState> {
    await tellOutcome(completion ? { ...record, completion } : record)
    return deviceRequestState(record, nowMs())
  }
}

/** A step that is run again has the same completion, and another attempt of a step another one. */
function correlationIdOf({ completion }: DeviceRequest): string | undefined {
  if (!completion) return undefined
  const token = completion.kind === 'durable' ? completion.callback_id : completion.task_token
  return uuidV5(COMPLETIONS, token)
}

function deliveryOf({ topic, when_offline: whenOffline }: DeviceRequest): DeliverCommand['deliver']['delivery'] {
  const delivery = topicDefinition(topic).delivery ?? 'topic'
  const refuse = (problem: string) => bridgeError('device_request_invalid', { problem: `when_offline: ${problem}` })
  if (whenOffline === 'fail') {
    if (delivery === 'topic') throw refuse('nobody learns of this topic whether the device is there; expected keep')
    return 'direct'
  }
  if (delivery === 'direct') throw refuse('nothing is kept on this topic; expected fail')
  return delivery
}
