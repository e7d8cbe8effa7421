import * as z from 'zod'
import { TOKEN_LIMITS } from '#contract/index.ts'
import { topicEnvironment } from '../shared/settings.ts'

export const authorizerEnvironment = topicEnvironment.extend({
  DEVICE_TABLE: z.string().min(1),
  ISSUER_SECRET_ID: z.string().min(1),
  /** Longest `exp − iat` of a token, in seconds. */
  TOKEN_MAX_LIFETIME_SECONDS: z.coerce
    .number()
    .int()
    .min(60)
    .max(TOKEN_LIMITS.maxConnectionSeconds)
    .default(TOKEN_LIMITS.defaultLifetimeSeconds),
})
