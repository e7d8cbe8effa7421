import * as z from 'zod'

/** What a topic rule hands to a function: the fields of the SQL in rules.ts. Everything but `payload` is the broker's word. */
export const ruleEventSchema = z.object({
  /** Base64 of the bytes as published. */
  payload: z.base64(),
  topic: z.string(),
  client_id: z.string(),
  principal: z.string().optional(),
  received_at_ms: z.number(),
  /** UUID that IoT Core gave the message; its own logs name it `traceId`. */
  broker_trace_id: z.string().optional(),
  /** User property of MQTT 5, see trace-context.ts. */
  traceparent: z.string().optional(),
  response_topic: z.string().optional(),
  /** Base64. */
  correlation_data: z.string().optional(),
})

export type RuleEvent = z.infer<typeof ruleEventSchema>
