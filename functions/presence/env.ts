import * as z from 'zod'

export const presenceEnvironment = z.object({
  PRESENCE_TABLE: z.string().min(1),
  /** The queue that holds a disconnection back. */
  PRESENCE_QUEUE_URL: z.string().min(1),
  PRESENCE_GRACE_SECONDS: z.coerce.number().int().min(0).max(900),
})
