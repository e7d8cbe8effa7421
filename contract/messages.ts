import * as z from 'zod'
import { json } from './json.ts'

/**
 * Payloads of all topics, with the field names of the systems that already speak them. Optional fields are read as
 * missing or null and written as null; unknown fields are ignored unless a schema says it keeps them.
 */

/** Bounds of single fields. Characters are UTF-16 code units, as zod counts them. */
export const FIELD_LIMITS = {
  actionCharacters: 1_000,
  contextCharacters: 10_000,
  contentCharacters: 10_000,
  queryCharacters: 1_000,
  tags: 50,
  tagCharacters: 100,
  userIdCharacters: 128,
  queryResults: 100,
  reasonCharacters: 1_000,
} as const

export const MEMORY_LAYERS = ['short_term', 'long_term', 'working', 'episodic', 'semantic'] as const
export type MemoryLayer = (typeof MEMORY_LAYERS)[number]

const userId = z.string().min(1).max(FIELD_LIMITS.userIdCharacters).nullable().default(null)
const headers = z.record(z.string(), z.string()).default({})
const utcTime = z.iso.datetime({ offset: true })
const layer = z.enum(MEMORY_LAYERS)

export const conscienceEvaluationRequest = z.object({
  action: z.string().min(1).max(FIELD_LIMITS.actionCharacters),
  context: z.string().max(FIELD_LIMITS.contextCharacters),
  user_id: userId,
})

export const conscienceEvaluationResult = z.object({
  action: z.string(),
  moral_score: z.number().min(-1).max(1),
  explanation: z.string(),
  applied_rules: z.array(z.string()),
  approved: z.boolean(),
})

/**
 * The judgement of the conscience, and who decided: `evaluated`, the conscience alone; `approved` or `rejected`, an operator, whose word
 * `approved` then is; `unanswered`, no operator decided in time and the judgement stands.
 */
export const conscienceReviewResult = conscienceEvaluationResult.extend({
  decision: z.enum(['evaluated', 'approved', 'rejected', 'unanswered']),
  /** Client id of the device that decided. */
  decided_by: z.string().nullable().default(null),
  /** In the operator's words. */
  reason: z.string().max(FIELD_LIMITS.reasonCharacters).nullable().default(null),
})

export const memoryStoreRequest = z.object({
  layer,
  content: z.string().min(1).max(FIELD_LIMITS.contentCharacters),
  tags: z.array(z.string().min(1).max(FIELD_LIMITS.tagCharacters)).max(FIELD_LIMITS.tags),
  user_id: userId,
})

export const memoryQueryRequest = z.object({
  query: z.string().min(1).max(FIELD_LIMITS.queryCharacters),
  layer: layer.nullable().default(null),
  limit: z.int().min(1).max(FIELD_LIMITS.queryResults).default(10),
  user_id: userId,
})

export const memoryEntry = z.object({
  id: z.uuid(),
  layer,
  content: z.string(),
  tags: z.array(z.string()),
  score: z.number().min(0).max(1),
  created_at: utcTime,
})

export const memoryQueryResult = z.object({ memories: z.array(memoryEntry), total: z.int().min(0) })

/** Says that a memory exists, never what it holds: everyone with the right to the topic receives it. */
export const memoryUpdate = z.object({ id: z.uuid(), layer, created_at: utcTime })

export const apiRequestProxy = z.object({
  method: z.string().min(1).max(16),
  path: z.string().min(1).max(2_048),
  headers,
  body: json.nullable().default(null),
})

export const apiResponse = z.object({
  status: z.int().min(100).max(599),
  headers,
  body: json.nullable().default(null),
})

/** Further keys are kept. */
export const systemStatus = z.looseObject({
  status: z.enum(['online', 'offline', 'error', 'warning']),
  message: z.string(),
  component: z.string().min(1),
})

const count = z.int().min(0).nullable().default(null)
export const heartbeat = z.object({
  client_id: z.string(),
  timestamp: utcTime,
  metrics: z
    .object({
      memory_usage: count.describe('bytes'),
      cpu_usage: z.number().min(0).nullable().default(null).describe('percent'),
      active_connections: count,
      uptime: count.describe('seconds'),
    })
    .prefault({}),
})

export const errorNotification = z.object({
  code: z.string().min(1),
  message: z.string(),
  component: z.string().min(1),
  details: z.string().nullable().default(null),
  severity: z.enum(['critical', 'error', 'warning']),
})

/** What a private reply topic carries: the reply of any route, or an ErrorNotification. */
export const anyReply = json

/** A command to a device in the shape of the petal manager. Further keys are kept. */
export const petalCommand = z.looseObject({
  messageId: z.string().min(1),
  deviceId: z.string().min(1),
  command: z.string().min(1),
  timestamp: z.string(),
  waitResponse: z.boolean(),
  payload: z.record(z.string(), json),
})

/** Anything a petal sends: an object with its device. Further keys are kept. */
export const petalMessage = z.looseObject({ deviceId: z.string().min(1) })

export type ConscienceEvaluationRequest = z.infer<typeof conscienceEvaluationRequest>
export type ConscienceEvaluationResult = z.infer<typeof conscienceEvaluationResult>
export type ConscienceReviewResult = z.infer<typeof conscienceReviewResult>
export type MemoryStoreRequest = z.infer<typeof memoryStoreRequest>
export type MemoryQueryRequest = z.infer<typeof memoryQueryRequest>
export type MemoryQueryResult = z.infer<typeof memoryQueryResult>
export type MemoryEntry = z.infer<typeof memoryEntry>
export type MemoryUpdate = z.infer<typeof memoryUpdate>
export type ApiRequestProxy = z.infer<typeof apiRequestProxy>
export type ApiResponse = z.infer<typeof apiResponse>
export type SystemStatus = z.infer<typeof systemStatus>
export type Heartbeat = z.infer<typeof heartbeat>
export type ErrorNotification = z.infer<typeof errorNotification>
