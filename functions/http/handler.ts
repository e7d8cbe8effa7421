import {
  type BridgeError,
  bridgeError,
  type DeviceRequestState,
  ERRORS,
  findDeviceRequestKey,
  HTTP_WAIT,
  isBridgeError,
  TRACEPARENT,
  traceIdOf,
} from '#contract/index.ts'
import { deviceRequestState, parseDeviceRequestId } from '#correlation/index.ts'
import type { AskDevice } from '../shared/asking/ask-device.ts'
import { answer, type HttpAnswer, problem } from '../shared/http-answer.ts'
import { loggable } from '../shared/loggable.ts'
import type { Observer } from '../shared/observability.ts'
import { inTrace } from '../shared/trace.ts'
import { uuidV5 } from '../shared/uuid.ts'
import { DEVICE_ROUTES } from './env.ts'
import { callerOf, type HttpEvent, httpEventSchema, readPayload, readWishes } from './event.ts'
import { current, type WaitDependencies, waitForOutcome } from './wait.ts'

export interface HttpDependencies extends WaitDependencies {
  ask: AskDevice
  observer: Observer
  newId: () => string
}

/** Namespace of the correlation ids that are made from idempotency keys. */
const IDEMPOTENCY_KEYS = '3f8b1a52-6c0f-5c1e-9b57-0d4f5a9f1c60'

/** Devices over HTTP: a caller posts a request and gets the device's answer, or the place where it will be. */
export function createHttpGate(dependencies: HttpDependencies): (event: unknown) => Promise<HttpAnswer> {
  const { ask, observer, newId, nowMs } = dependencies

  return async (input) => {
    const event = httpEventSchema.parse(input)
    return inTrace(traceIdOf(event.headers[TRACEPARENT]), () => respond(event))
  }

  async function respond(event: HttpEvent): Promise<HttpAnswer> {
    const facts: Facts = { request_id: event.requestContext.requestId, route: event.routeKey }
    try {
      facts.asked_by = callerOf(event)
      if (event.routeKey === DEVICE_ROUTES.ask) return await post(event, facts)
      if (event.routeKey === DEVICE_ROUTES.look) return await get(event)
      throw bridgeError('device_request_unknown')
    } catch (error) {
      return refuse(error, facts)
    } finally {
      observer.flush()
    }
  }

  async function post(event: HttpEvent, facts: Facts): Promise<HttpAnswer> {
    const { options, idempotencyKey, respondAsync, waitMs } = readWishes(event)
    const caller = callerOf(event)
    const clientId = event.pathParameters.clientId ?? ''
    const correlationId =
      idempotencyKey === undefined ? newId() : uuidV5(IDEMPOTENCY_KEYS, [caller, clientId, idempotencyKey].join('\n'))
    Object.assign(facts, { client_id: clientId.slice(0, 128), correlation_id: correlationId })
    const request = {
      ...options,
      ...(options.topic !== undefined && { topic: findDeviceRequestKey(options.topic) ?? options.topic }),
      client_id: clientId,
      payload: readPayload(event),
      correlation_id: correlationId,
    }
    const asked = await ask(request, caller)
    const key = parseDeviceRequestId(asked.request_id)
    // by the clock of API Gateway, which ends the request; a clock that is far from ours is not believed
    const takenMs = Math.min(Math.max(event.requestContext.timeEpoch, nowMs() - HTTP_WAIT.longestMs), nowMs())
    const waited =
      asked.state === 'pending' && waitMs > 0 && key !== undefined
        ? await waitForOutcome(key, takenMs + waitMs, dependencies)
        : undefined
    const state = waited ? deviceRequestState(waited, nowMs()) : asked
    if (state.state === 'pending' && respondAsync) return answer(state, 202, { location: placeOf(state) })
    return outcome(state, waitMs, facts)
  }

  async function get(event: HttpEvent): Promise<HttpAnswer> {
    const key = parseDeviceRequestId(event.pathParameters.requestId ?? '')
    const record = key === undefined ? undefined : await current(key, dependencies)
    if (!record) throw bridgeError('device_request_unknown')
    return answer(deviceRequestState(record, nowMs()))
  }

  function refuse(error: unknown, facts: Facts): HttpAnswer {
    const coded = isBridgeError(error) ? error : undefined
    const isSystem = !coded || ERRORS[coded.code].fault === 'system'
    observer.count('DeviceRequestsRefused')
    if (isSystem) observer.count('SystemFaults', 1, coded ? { code: coded.code } : {})
    const words = coded ? loggable(coded) : { reason: error instanceof Error ? error.name : 'unknown' }
    observer[isSystem ? 'error' : 'warn']('device_request_refused', { ...facts, code: coded?.code, ...words })
    return told(coded, facts)
  }
}

interface Facts extends Record<string, unknown> {
  request_id: string
  correlation_id?: string
}

function outcome(state: DeviceRequestState, waitedMs: number, facts: Facts): HttpAnswer {
  const location = { location: placeOf(state) }
  if (state.state === 'completed') return answer(state.answer, 200, location)
  const { code, device } =
    state.state === 'pending' ? { code: 'device_answer_pending' as const, device: undefined } : state.error
  const further = {
    correlation_id: state.correlation_id,
    location: placeOf(state),
    ...(device !== undefined && { device }),
  }
  const refusal = told(failureOf(code, state, waitedMs), facts, further)
  return { ...refusal, headers: { ...refusal.headers, ...location } }
}

/** The error of a code that was stored, in the words that were stored. */
function failureOf(code: string, state: DeviceRequestState, waitedMs: number): BridgeError {
  if (state.state === 'pending' || state.state === 'completed')
    return bridgeError('device_answer_pending', { waitedMs })
  const stored = Object.assign(new Error(state.error.message), { name: code, code, details: {} })
  return isBridgeError(stored) ? stored : bridgeError('device_failed', { code })
}

function told(error: BridgeError | undefined, facts: Facts, further: Record<string, unknown> = {}): HttpAnswer {
  const { correlation_id } = facts
  return problem(error, facts.request_id, {
    systemFault: 'the bridge could not do it',
    further: { ...(correlation_id !== undefined && { correlation_id }), ...further },
  })
}

function placeOf({ request_id }: DeviceRequestState): string {
  return `/requests/${request_id}`
}
