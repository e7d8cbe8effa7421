import * as z from 'zod'
import { TOKEN_LIMITS } from '#contract/index.ts'
import { topicEnvironment } from '../shared/settings.ts'

/** Name of the file with an identity provider's keys that deployment puts beside the bundle when the document is given inline. */
export const JWKS_FILE = 'jwks.json'

/** An https URL, or empty. The keys of an identity provider are worth what the way to them is worth. */
export const jwksUrlSchema = z
  .string()
  .max(2_048)
  .refine(
    (text) => text === '' || (URL.canParse(text) && isPlainHttps(new URL(text))),
    'expected an https URL without user name',
  )

function isPlainHttps({ protocol, username, password }: URL): boolean {
  return protocol === 'https:' && username === '' && password === ''
}

export const authorizerEnvironment = topicEnvironment.extend({
  DEVICE_TABLE: z.string().min(1),
  ISSUER_SECRET_ID: z.string().min(1),
  /** The secret that device keys are derived from. */
  DEVICE_MASTER_SECRET_ID: z.string().min(1),
  /** Longest `exp − iat` of a token, in seconds. */
  TOKEN_MAX_LIFETIME_SECONDS: z.coerce
    .number()
    .int()
    .min(60)
    .max(TOKEN_LIMITS.maxConnectionSeconds)
    .default(TOKEN_LIMITS.defaultLifetimeSeconds),
  /** Key document of an identity provider; empty: the file beside the bundle, or no provider. */
  JWKS_URL: jwksUrlSchema.default(''),
  /** What `iss` of the provider's tokens must be; empty: not checked. */
  JWKS_ISSUER: z.string().default(''),
  /** What `aud` of the provider's tokens must be or hold; empty: not checked. */
  JWKS_AUDIENCE: z.string().default(''),
})
