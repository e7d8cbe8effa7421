import * as z from 'zod'
import { TOKEN_LIMITS } from '#contract/index.ts'
import { topicEnvironment } from '../shared/settings.ts'

/** The routes of the service; lib/ gives each its kind of authorization. */
export const TOKEN_ROUTES = {
  /** Signed by a principal of IAM, which may ask for any device. */
  signed: 'POST /tokens',
  /** With the client key of the device in the header `authorization`. */
  clientKey: 'POST /device-tokens',
} as const

export const tokensEnvironment = topicEnvironment.extend({
  DEVICE_TABLE: z.string().min(1),
  ISSUER_SECRET_ID: z.string().min(1),
  DEVICE_MASTER_SECRET_ID: z.string().min(1),
  /** Longest lifetime of a token, in seconds: that of the authorizer. */
  TOKEN_MAX_LIFETIME_SECONDS: z.coerce
    .number()
    .int()
    .min(60)
    .max(TOKEN_LIMITS.maxConnectionSeconds)
    .default(TOKEN_LIMITS.defaultLifetimeSeconds),
})
