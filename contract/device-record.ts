import * as z from 'zod'
import { IDENTIFIER_PATTERN } from './topic-names.ts'

/**
 * The one record of a device. The role bounds every token; role, organization and revocation come from here and nowhere
 * else. Key: `client_id`.
 */
export const deviceRecordSchema = z.object({
  client_id: z.string().regex(IDENTIFIER_PATTERN),
  role: z.string(),
  organization_id: z.string().regex(IDENTIFIER_PATTERN).optional(),
  device_id: z.string().regex(IDENTIFIER_PATTERN).optional(),
  /** Only `active` devices connect. */
  status: z.enum(['active', 'revoked', 'removed']),
  key_version: z.int().min(1),
  /** Tokens issued before this time (epoch seconds) are refused. */
  not_before_seconds: z.int().min(0),
})

export type DeviceRecord = z.infer<typeof deviceRecordSchema>

/** The item of the device table that lists the TLS server names of this deployment; no client id can take its key. */
export const SERVER_NAMES_KEY = '#server-names'
export const serverNamesSchema = z.object({ client_id: z.literal(SERVER_NAMES_KEY), server_names: z.array(z.string()) })
