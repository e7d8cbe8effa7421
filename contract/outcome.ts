import * as z from 'zod'
import { envelopeSchema } from './envelope.ts'
import { DEVICE_REQUEST_LIMITS } from './limits.ts'
import type { Delivery } from './topics.ts'

/** A message for the publisher. The topic must be one that the contract marks `toDevice`. */
export const outboundMessageSchema = z.object({
  topic: z.string().min(1),
  qos: z.union([z.literal(0), z.literal(1)]),
  envelope: envelopeSchema,
  /** MQTT 5 correlation data of the request, base64. */
  correlation_data: z.string().optional(),
  /** MQTT 5 response topic: where a device answers. */
  response_topic: z.string().optional(),
  /** `bare`: only the payload is published, to a client that sent its request without envelope. `petal`: the same, as its topic has none. */
  form: z.enum(['bare', 'petal']).optional(),
})

/**
 * What a handler function returns and its destination carries to the publisher. `reply` and `replay` (the stored reply of a
 * duplicate) are published; `inFlight` (another attempt owns it), `deferred` (a workflow will answer) and `none` are not.
 */
export const outcomeSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('reply'), messages: z.array(outboundMessageSchema).min(1) }),
  z.object({ outcome: z.literal('replay'), messages: z.array(outboundMessageSchema).min(1) }),
  z.object({ outcome: z.literal('inFlight') }),
  z.object({ outcome: z.literal('deferred') }),
  z.object({ outcome: z.literal('none') }),
])

/** What a caller inside the account may hand to the publisher directly. */
export const publishCommandSchema = z.object({
  publish: z.array(outboundMessageSchema).min(1).max(25),
  /** After it nothing is sent: a command that was put back by hand is not carried out long after, epoch milliseconds. */
  expires_at_ms: z.number().optional(),
})

/** How a message to one device is sent. */
export const deliverySchema = z.enum(['topic', 'direct', 'direct_then_topic']) satisfies z.ZodType<Delivery>

/** A message to one device, which the publisher tells the fate of. */
export const deliverCommandSchema = z.object({
  deliver: z.object({
    client_id: z.string(),
    delivery: deliverySchema,
    message: outboundMessageSchema,
    /** How long it is kept for a session that is away. */
    expiry_seconds: z.int().min(1).max(DEVICE_REQUEST_LIMITS.maxDeadlineSeconds),
  }),
})

/**
 * What became of it. `confirmed`: the device has it. `unconfirmed`: it was sent to the device, which has not said that it has it.
 * `published`: the broker has it. `offline`: the device is not connected, and nobody has it.
 */
export const deliveryReceiptSchema = z.object({
  delivered: z.enum(['confirmed', 'unconfirmed', 'published', 'offline']),
})

export type DeliverCommand = z.infer<typeof deliverCommandSchema>
export type DeliveryReceipt = z.infer<typeof deliveryReceiptSchema>
export type OutboundMessage = z.infer<typeof outboundMessageSchema>
export type Outcome = z.infer<typeof outcomeSchema>
export type PublishCommand = z.infer<typeof publishCommandSchema>
