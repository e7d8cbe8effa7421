import type { ConnectionAuthentication } from '#local/iot-policy/index.ts'
import { CommandError } from '../command-error.ts'

/** The authentication types of a domain configuration by what people call them; the first that fits counts. */
const NAMES: readonly (readonly [RegExp, ConnectionAuthentication])[] = [
  [/custom.*(?:x\.?509|cert)/i, 'CUSTOM_AUTH_X509'],
  [/custom|authorizer/i, 'CUSTOM_AUTH'],
  [/x\.?509|cert|tls/i, 'AWS_X509'],
  [/sigv?4|cognito|iam/i, 'AWS_SIGV4'],
]

/** Reads `CUSTOM_AUTH`, `custom-auth` or `customAuthorizer` alike. Throws CommandError `case_malformed` for an unknown one. */
export function readAuthentication(text: string | undefined): ConnectionAuthentication | undefined {
  if (text === undefined) return undefined
  const [, name] = NAMES.find(([pattern]) => pattern.test(text)) ?? []
  if (name !== undefined) return name
  const expected = NAMES.map(([, one]) => one).join(', ')
  throw new CommandError('failed', 'case_malformed', `authentication: expected one of ${expected}, got ${text}`)
}
