import * as z from 'zod'
import { ROOT_PATTERN } from '#contract/index.ts'

/** Variables of every function that reads or writes topics. */
export const topicEnvironment = z.object({
  TOPIC_ROOT: z.string().regex(ROOT_PATTERN),
})

/** Variables of every function that answers requests. */
export const requestEnvironment = topicEnvironment.extend({
  CORRELATION_TABLE: z.string().min(1),
  /** Comma list of topics opened for shared replies; may be empty. */
  SHARED_REPLIES: z
    .string()
    .default('')
    .transform((list) => list.split(',').filter(Boolean)),
})

/** Variables of every function that answers in the place of a handler. */
export const finisherEnvironment = topicEnvironment.extend({
  CORRELATION_TABLE: z.string().min(1),
  /** Name or ARN of the publisher. */
  PUBLISHER_FUNCTION: z.string().min(1),
})

/** Name of the file with the fleet's roles that deployment puts beside the bundles that need it. */
export const ROLES_FILE = 'roles.json'

/** Variables of every function that asks devices. */
export const requesterEnvironment = topicEnvironment.extend({
  CORRELATION_TABLE: z.string().min(1),
  DEVICE_TABLE: z.string().min(1),
  /** Name or ARN. */
  PUBLISHER_FUNCTION: z.string().min(1),
})
