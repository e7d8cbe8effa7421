import * as z from 'zod'
import { requestEnvironment } from '../shared/settings.ts'

const upstreamUrl = z
  .url({ protocol: /^https?$/ })
  .regex(/^[^@?#]*$/, 'expected a base URL without user, query and fragment')

export const apiEnvironment = requestEnvironment.extend({
  DEVICE_TABLE: z.string().min(1),
  /** Base URL of the upstream; empty: requests are answered with upstream_not_configured. */
  API_UPSTREAM_URL: z.union([z.literal(''), upstreamUrl]).default(''),
  /** How long the upstream may take for a whole answer. */
  API_TIMEOUT_MS: z.coerce.number().int().min(100).max(9_000).default(8_000),
})
