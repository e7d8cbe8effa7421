import * as z from 'zod'
import { WORKFLOW_LIMITS } from './limits.ts'
import { TOPIC_KEYS, type TopicKey } from './topics.ts'

/** What both engines take as the name of an execution. */
const EXECUTION_NAME = /^[A-Za-z0-9_-]+$/

/** Which request is answered, and where: all that is needed to answer it once, in the form it was sent in. */
export const deferredRequestSchema = z.object({
  /** Name of the execution that answers it. */
  execution: z.string().max(WORKFLOW_LIMITS.executionNameCharacters).regex(EXECUTION_NAME),
  /** The key of its correlation record, which it shares with its repeats. */
  request_key: z.string().min(1),
  request_hash: z.string().min(1),
  /** Tells this execution from one that a later repeat starts after a failure. */
  generation: z.int().min(0),
  topic_key: z.enum(TOPIC_KEYS as [TopicKey, ...TopicKey[]]),
  client_id: z.string().min(1),
  message_id: z.uuid(),
  correlation_id: z.string().nullable(),
  reply_topic: z.string().min(1),
  /** MQTT 5 correlation data of the request, base64. */
  correlation_data: z.string().optional(),
  /** `bare`: sent without envelope, so answered without. */
  form: z.literal('bare').optional(),
  /** When the broker took it, epoch milliseconds. */
  received_at_ms: z.number(),
  /** 32 hexadecimal digits. */
  trace_id: z.string().optional(),
})

/** What a workflow is started with: the request it answers and its payload, valid by the contract. */
export const workflowInputSchema = z.object({ request: deferredRequestSchema, payload: z.json() })

export type DeferredRequest = z.infer<typeof deferredRequestSchema>
export type WorkflowInput = z.infer<typeof workflowInputSchema>
