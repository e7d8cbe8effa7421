import * as z from 'zod'
import { requestEnvironment } from '../shared/settings.ts'

/** A base URL; empty for no upstream. The deployment's setting is read with it too. */
export const upstreamUrlSchema = z.union([
  z.literal(''),
  z.url({ protocol: /^https?$/ }).regex(/^[^@?#]*$/, 'expected a base URL without user, query and fragment'),
])

export const apiEnvironment = requestEnvironment.extend({
  DEVICE_TABLE: z.string().min(1),
  /** Base URL of the upstream; empty: requests are answered with upstream_not_configured. */
  API_UPSTREAM_URL: upstreamUrlSchema.default(''),
  /** How long the upstream may take for a whole answer. */
  API_TIMEOUT_MS: z.coerce.number().int().min(100).max(9_000).default(8_000),
})
