import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Caller, Credentials } from './caller.ts'

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html: ASIA is the prefix of temporary keys.
const ACCESS_KEY_PREFIX = 'ASIA'
const ACCESS_KEY_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const ACCESS_KEY_LENGTH = 16
const SECRET_KEY_BYTES = 30
const SESSION_TOKEN_BYTES = 96

export interface CredentialStore {
  issue(caller: Caller): Credentials
  identify(accessKeyId: string, sessionToken: string | undefined): Caller | undefined
  /** What its owner signs with. */
  secretAccessKey(accessKeyId: string): string | undefined
}

/** Credentials of one run, in memory only. */
export function createCredentialStore(): CredentialStore {
  const issued = new Map<string, { caller: Caller; sessionToken: Buffer; secretAccessKey: string }>()
  return {
    issue(caller) {
      const credentials = {
        accessKeyId: newAccessKeyId(),
        secretAccessKey: randomBytes(SECRET_KEY_BYTES).toString('base64'),
        sessionToken: randomBytes(SESSION_TOKEN_BYTES).toString('base64'),
      }
      const { accessKeyId, secretAccessKey, sessionToken } = credentials
      issued.set(accessKeyId, { caller, secretAccessKey, sessionToken: Buffer.from(sessionToken) })
      return credentials
    },
    secretAccessKey: (accessKeyId) => issued.get(accessKeyId)?.secretAccessKey,
    identify(accessKeyId, sessionToken = '') {
      const entry = issued.get(accessKeyId)
      const given = Buffer.from(sessionToken)
      if (entry === undefined || given.length !== entry.sessionToken.length) return undefined
      return timingSafeEqual(given, entry.sessionToken) ? entry.caller : undefined
    },
  }
}

function newAccessKeyId(): string {
  // 256 is a multiple of 32, so no character is likelier than another.
  const characters = [...randomBytes(ACCESS_KEY_LENGTH)].map((byte) => ACCESS_KEY_CHARACTERS.charAt(byte % 32))
  return ACCESS_KEY_PREFIX + characters.join('')
}
