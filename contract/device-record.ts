import * as z from 'zod'
import { bridgeError } from './errors.ts'
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
  /**
   * Certificates the device may use where one is asked for beside a token: SHA-256 of the DER in hex, which is the service's certificate id.
   * https://docs.aws.amazon.com/iot/latest/apireference/API_RegisterCertificate.html
   */
  certificate_ids: z.array(z.string().regex(/^[a-f0-9]{64}$/)).default([]),
})

export type DeviceRecord = z.infer<typeof deviceRecordSchema>

/**
 * Throws why a device is not let in with a token: device_inactive, token_key_revoked, token_revoked. `keyVersion` is that of the device's own key,
 * where it has signed the token.
 */
export function checkDevice(
  record: DeviceRecord,
  token: { issuedAtSeconds: number; keyVersion?: number | undefined },
): void {
  if (record.status !== 'active') throw bridgeError('device_inactive', { status: record.status })
  if (token.keyVersion !== undefined && token.keyVersion !== record.key_version) {
    throw bridgeError('token_key_revoked', { actual: token.keyVersion })
  }
  if (token.issuedAtSeconds < record.not_before_seconds) throw bridgeError('token_revoked')
}

/** The item of the device table that lists the TLS server names of this deployment; no client id can take its key. */
export const SERVER_NAMES_KEY = '#server-names'
export const serverNamesSchema = z.object({
  client_id: z.literal(SERVER_NAMES_KEY),
  server_names: z.array(z.string()),
  /** Those of them on which nobody comes in without a client certificate. */
  certificate_server_names: z.array(z.string()).default([]),
})
