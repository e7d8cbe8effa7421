import { bridgeError, type ErrorNotification, isProgress, type TopicKey } from '#contract/index.ts'
import {
  answerOutcome,
  type DeviceRequests,
  deviceRequestKey,
  failureOutcome,
  type Settlement,
} from '#correlation/index.ts'
import type { TellOutcome, Waiters } from '../shared/asking/tell-outcome.ts'
import type { BridgeRequest, ChainDependencies, Observer, Routes } from '../shared/index.ts'
import { withoutCode } from './without-code.ts'

export interface AnswerDependencies {
  requests: DeviceRequests
  tellOutcome: TellOutcome
  waiters: Waiters
  observer: Observer
}

type Settled = Awaited<ReturnType<DeviceRequests['settle']>>

/** What comes of an answer, as a count. */
const COUNTED = {
  stored: 'AnswersStored',
  repeated: 'AnswersRepeated',
  late: 'AnswersLate',
  unknown: 'AnswersUnknown',
} as const

/**
 * The routes of answers: each is stored once, then the waiting workflow is told, then that is noted. The key is made of the sender's client id
 * as the broker knows it, so a device reaches no request but its own; and a record takes answers on its own topic alone. None of them is
 * answered. What a service does not take fails the invocation, and Lambda repeats it.
 */
export function createAnswerRoutes(dependencies: AnswerDependencies): Routes {
  const { requests, tellOutcome, waiters, observer } = dependencies

  async function take<Key extends TopicKey>(request: BridgeRequest<Key>): Promise<void> {
    const { clientId, envelope, topic, receivedAtMs: atMs } = request
    const correlationId = envelope.metadata.correlation_id
    if (correlationId === null) return tell(request, { state: 'unknown', record: undefined })
    const key = deviceRequestKey({ clientId, correlationId })
    if (isProgress(request.payload)) return progress(request, key)
    const settled = await requests.settle(key, {
      ...outcomeOf(request),
      answerId: envelope.message_id,
      answerTopic: topic,
      atMs,
    })
    tell(request, settled)
    // a crash after the answer was stored is mended by whatever comes next
    if (settled.record && settled.state !== 'unknown') await tellOutcome(settled.record)
  }

  async function progress(request: BridgeRequest, key: string): Promise<void> {
    const { state, record } = await requests.extend(key, { answerTopic: request.topic, atMs: request.receivedAtMs })
    if (state !== 'extended') return tell(request, { state, record })
    observer.count('ProgressReported')
    if (record?.completion && (await waiters.heartbeat(record.completion)) === 'gone') observer.count('WaitersGone')
  }

  function tell({ clientId, topic, envelope }: BridgeRequest, { state, record }: Settled): void {
    observer.count(COUNTED[state])
    const facts = { client_id: clientId, topic, correlation_id: envelope.metadata.correlation_id }
    if (state === 'late') observer.warn('answer_late', { ...facts, state: record?.state })
    if (state === 'unknown') observer.info('answer_unknown', facts)
  }

  const route = <Key extends TopicKey>(request: BridgeRequest<Key>) => withoutCode(() => take(request))
  return {
    'devices/{clientId}/responses': route,
    'org/{organizationId}/device/{deviceId}/response': route,
  }
}

/** An answer with an error is the outcome of the request all the same, and not handed out as an answer. */
function outcomeOf({ payload, envelope }: BridgeRequest): Pick<Settlement, 'state' | 'outcome'> {
  if (envelope.metadata.status !== 'error') return { state: 'completed', outcome: answerOutcome(payload) }
  const { code, error_code: petalCode } = payload as Partial<ErrorNotification> & { error_code?: unknown }
  const named = code ?? (typeof petalCode === 'string' ? petalCode : 'unknown')
  const error = bridgeError('device_failed', { code: named.slice(0, 128) })
  return { state: 'failed', outcome: failureOutcome(error, payload) }
}

/** Ends a request with an answer that the contract does not allow: its device was heard, and nobody needs to wait any longer. */
export function refuseAnswer(dependencies: AnswerDependencies): NonNullable<ChainDependencies['refused']> {
  const { requests, tellOutcome, observer } = dependencies
  return ({ event, correlationId, messageId }, error) =>
    withoutCode(async () => {
      if (correlationId === null) return
      observer.count('AnswersInvalid')
      const key = deviceRequestKey({ clientId: event.client_id, correlationId })
      const { record, state } = await requests.settle(key, {
        state: 'failed',
        outcome: failureOutcome(bridgeError('device_answer_invalid', { code: error.code })),
        answerId: messageId ?? event.broker_trace_id ?? 'invalid',
        answerTopic: event.topic,
        atMs: event.received_at_ms,
      })
      if (record && state !== 'unknown') await tellOutcome(record)
    })
}
