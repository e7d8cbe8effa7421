import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { TOKEN_KEY_NAME } from '#contract/index.ts'
import { CommandError } from './command-error.ts'

/** Where the private key is looked for unless told otherwise; git ignores the folder. */
export const DEFAULT_SIGNING_KEY_FILE = 'certs/token-signing-key.pem'

/**
 * The MQTT user name of a client of a gateway that checks signatures: it names the authorizer and carries the token with its RSA signature,
 * each value percent-encoded. Throws signing_key_invalid.
 * https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth.html
 */
export function signedUsername(token: string, options: { authorizerName: string; keyFile: string }): string {
  const parameters = {
    'x-amz-customauthorizer-name': options.authorizerName,
    [TOKEN_KEY_NAME]: token,
    'x-amz-customauthorizer-signature': gatewaySignature(token, options.keyFile),
  }
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `?${pairs.join('&')}`
}

/** What the gateway verifies a token by, in base64. Throws signing_key_invalid. */
export function gatewaySignature(token: string, keyFile: string): string {
  return sign('RSA-SHA256', Buffer.from(token), readSigningKey(keyFile)).toString('base64')
}

function readSigningKey(file: string): KeyObject {
  const refuse = (problem: string) => new CommandError('usage', 'signing_key_invalid', `${file}: ${problem}`)
  if (!existsSync(file)) throw refuse('there is no such file; name the private key with --signing-key')
  let key: KeyObject
  try {
    key = createPrivateKey(readFileSync(file))
  } catch {
    throw refuse('expected an RSA private key in PEM')
  }
  if (key.asymmetricKeyType !== 'rsa') throw refuse(`expected an RSA private key, got ${key.asymmetricKeyType}`)
  return key
}
