import type { JsonValue } from '../values/values.ts'
import type { ExternalCall } from './external-call.ts'

/** The two fields of a secret that `GetSecretValue` returns, one of them set. */
export interface SecretValue {
  readonly SecretString?: string | undefined
  readonly SecretBinary?: Uint8Array | undefined
}

/**
 * What `get_secret` makes of a secret's current version. Throws where the documentation says that it fails: a key for what is
 * no JSON object, a key that is not there, a field that is not set.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-functions.html#iot-sql-function-get-secret
 */
export function secretAnswer(
  { SecretString, SecretBinary }: SecretValue,
  { secretType, key }: Pick<Extract<ExternalCall, { function: 'get_secret' }>, 'secretType' | 'key'>,
): JsonValue {
  if (secretType === 'SecretBinary') {
    if (SecretBinary === undefined || key !== undefined)
      throw new TypeError('get_secret: expected SecretBinary, no key')
    return Buffer.from(SecretBinary).toString('base64')
  }
  if (SecretString === undefined) throw new TypeError('get_secret: expected a SecretString')
  const content = parseObject(SecretString)
  if (key === undefined) return content ?? SecretString
  const value = content !== undefined && Object.hasOwn(content, key) ? content[key] : undefined
  if (value === undefined) throw new TypeError('get_secret: expected a JSON object with the key in SecretString')
  return value
}

function parseObject(text: string): { [key: string]: JsonValue } | undefined {
  try {
    const value = JSON.parse(text) as JsonValue
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
