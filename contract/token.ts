import * as z from 'zod'
import { TOKEN_LIMITS } from './limits.ts'
import { MAX_PERMISSIONS } from './permissions.ts'
import { IDENTIFIER_PATTERN } from './topic-names.ts'

/** Claims of a device token. `sub` is the MQTT client id; times are epoch seconds. Other claims are ignored. */
export const tokenClaimsSchema = z.object({
  sub: z.string().regex(IDENTIFIER_PATTERN),
  exp: z.int(),
  iat: z.int(),
  permissions: z.array(z.string().max(300)).max(MAX_PERMISSIONS),
})
export type TokenClaims = z.infer<typeof tokenClaimsSchema>

/** The one algorithm of the issuer's shared secret. */
export const ISSUER_ALGORITHM = 'HS256'

/**
 * One version of the issuer secret. The version staged AWSCURRENT signs; tokens of AWSPREVIOUS are taken while they last.
 */
export const issuerKeySchema = z.object({
  kid: z.string().min(1).max(64),
  secret: z.string().min(TOKEN_LIMITS.minSecretBytes),
})
export type IssuerKey = z.infer<typeof issuerKeySchema>
