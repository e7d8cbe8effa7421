import * as z from 'zod'
import { envelopeSchema } from './envelope.ts'

/** A message for the publisher. The topic must be one that the contract marks `toDevice`. */
export const outboundMessageSchema = z.object({
  topic: z.string().min(1),
  qos: z.union([z.literal(0), z.literal(1)]),
  envelope: envelopeSchema,
  /** MQTT 5 correlation data of the request, base64. */
  correlation_data: z.string().optional(),
  /** `bare`: only the payload is published, to a client that sent its request without envelope. */
  form: z.literal('bare').optional(),
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
export const publishCommandSchema = z.object({ publish: z.array(outboundMessageSchema).min(1).max(25) })

export type OutboundMessage = z.infer<typeof outboundMessageSchema>
export type Outcome = z.infer<typeof outcomeSchema>
export type PublishCommand = z.infer<typeof publishCommandSchema>
