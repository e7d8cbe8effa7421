import * as z from 'zod'
import { MAX_CORRELATION_ID_CHARACTERS } from './envelope.ts'
import { DEVICE_REQUEST_LIMITS } from './limits.ts'
import { IDENTIFIER_PATTERN } from './topic-names.ts'
import { DEVICE_REQUEST_KEYS, type DeviceRequestKey } from './topics.ts'

/**
 * The cloud asks a device: what the requester is invoked with, what it returns, and what a workflow that waits is told. One correlation id
 * has one outcome: who asks again under it, with the same topic and payload, gets that outcome and the device is not asked again.
 */

const { defaultDeadlineSeconds, maxDeadlineSeconds, defaultLongestWaitSeconds } = DEVICE_REQUEST_LIMITS
const seconds = z.int().min(1).max(maxDeadlineSeconds)

/** Whom the outcome resumes: a durable execution by its callback, or a Step Functions execution by its task. */
export const completionSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('durable'),
    callback_id: z.string().min(1).max(DEVICE_REQUEST_LIMITS.maxCallbackIdCharacters),
  }),
  z.strictObject({
    kind: z.literal('step_functions'),
    task_token: z.string().min(1).max(DEVICE_REQUEST_LIMITS.maxTaskTokenCharacters),
  }),
])
export type Completion = z.infer<typeof completionSchema>

/** What the requester is invoked with. */
export const deviceRequestSchema = z.strictObject({
  /** Who is asked. */
  client_id: z.string().regex(IDENTIFIER_PATTERN, `expected a client id that fits ${IDENTIFIER_PATTERN.source}`),
  /** The topic of the contract by which it is asked; its parameters are the device's registered values. */
  topic: z
    .enum(DEVICE_REQUEST_KEYS as [DeviceRequestKey, ...DeviceRequestKey[]])
    .default('devices/{clientId}/requests'),
  /** Held against the payload schema of the topic. */
  payload: z.json(),
  /** Absent: made from the completion, so that a step which is run again asks once; without completion a new one. */
  correlation_id: z.string().min(1).max(MAX_CORRELATION_ID_CHARACTERS).optional(),
  /** Until the device answers or tells of its progress; from each progress on it counts again. */
  deadline_seconds: seconds.default(defaultDeadlineSeconds),
  /** Where progress ends to help, from the request on. Default: an hour, or `deadline_seconds` where that is longer. */
  longest_wait_seconds: seconds.optional(),
  /** Absent: who asks looks for the outcome. */
  completion: completionSchema.optional(),
  /** `fail`: device_offline at once. `keep`: for the persistent session of the device, until the deadline. */
  when_offline: z.enum(['fail', 'keep']).default('fail'),
  /** The trace that the question belongs to, 32 hexadecimal digits. Absent: the message begins one. */
  trace_id: z
    .string()
    .regex(/^[0-9a-f]{32}$/, 'expected 32 hexadecimal digits')
    .optional(),
})
export type DeviceRequest = z.output<typeof deviceRequestSchema>
/** What a caller writes, before defaults are filled in. */
export type DeviceRequestInput = z.input<typeof deviceRequestSchema>

/** Longest time from the request to its outcome, in seconds. */
export function longestWaitSeconds(request: DeviceRequest): number {
  const { deadline_seconds: deadline, longest_wait_seconds: longest } = request
  return Math.max(deadline, longest ?? defaultLongestWaitSeconds)
}

const facts = {
  /** `<client id>~<correlation id>`; the latter hashed where it is no UUID. */
  request_id: z.string(),
  client_id: z.string(),
  correlation_id: z.string(),
  topic: z.string(),
  created_at: z.iso.datetime(),
  deadline_at: z.iso.datetime(),
}
const error = z.object({
  /** A code of docs/ERRORS.md. */
  code: z.string(),
  message: z.string(),
  /** What the device itself said, where the code is `device_failed`. */
  device: z.json().optional(),
})

/** How far a request is: what the requester returns, and what `GET /requests/{id}` answers. */
export const deviceRequestStateSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('pending'), ...facts }),
  /** `answer` is the payload of the answer, held against the contract. */
  z.object({ state: z.literal('completed'), ...facts, answer: z.json() }),
  z.object({ state: z.literal('failed'), ...facts, error }),
  z.object({ state: z.literal('expired'), ...facts, error }),
])
export type DeviceRequestState = z.infer<typeof deviceRequestStateSchema>

/**
 * What a completion resumes its workflow with. Failures carry `error.code` as the error's type, and `error` as JSON for its data (durable) or
 * cause (Step Functions): `device_offline`, `device_failed`, `device_request_expired`.
 */
export const deviceAnswerSchema = z.object({
  request_id: z.string(),
  client_id: z.string(),
  correlation_id: z.string(),
  answer: z.json(),
})
export type DeviceAnswer = z.infer<typeof deviceAnswerSchema>

/** Status of an answer that is none yet, as 1xx in HTTP: the device is at it. Of a flat answer, the text `progress`. */
export const PROGRESS_STATUS = { http: 102, petal: 'progress' } as const

/** Tells whether what a device answers says only that it is at it. */
export function isProgress(answer: unknown): boolean {
  if (answer === null || typeof answer !== 'object' || !('status' in answer)) return false
  const { status } = answer
  return typeof status === 'number' ? status >= 100 && status < 200 : status === PROGRESS_STATUS.petal
}
