import * as z from 'zod'

export const announcerEnvironment = z.object({
  EVENT_BUS_NAME: z.string().min(1),
  CORRELATION_TABLE: z.string().min(1),
  PRESENCE_TABLE: z.string().min(1),
})
