import * as z from 'zod'
import { TOKEN_LIMITS } from '#contract/index.ts'

export const rotatorEnvironment = z.object({
  /** The one secret that this function rotates. */
  ISSUER_SECRET_ID: z.string().min(1),
  /** Longest `exp − iat` of a token, in seconds: as long as a key is needed after it has signed its last token. */
  TOKEN_MAX_LIFETIME_SECONDS: z.coerce
    .number()
    .int()
    .min(60)
    .max(TOKEN_LIMITS.maxConnectionSeconds)
    .default(TOKEN_LIMITS.defaultLifetimeSeconds),
})
