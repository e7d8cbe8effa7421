import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { bridgeError } from '#contract/index.ts'

/** https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth.html#custom-auth-token-signature */
const MIN_BITS = 2_048
const PEM_BLOCK = /-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g
const NAME_CHARACTERS = 16

/**
 * Reads the public keys of a PEM file, each named after itself, so that a key keeps its name when others come and go. Throws
 * configuration_invalid for a file without keys, one with a private key, and keys that the service would refuse.
 */
export function readSigningKeys(file: string): Record<string, string> {
  const refuse = (problem: string, cause?: unknown) =>
    bridgeError('configuration_invalid', { problem: `tokenSigningKeysFile ${file}: ${problem}` }, { cause })
  if (!existsSync(file)) throw refuse('there is no such file')
  const blocks = readFileSync(file, 'utf8').match(PEM_BLOCK) ?? []
  if (blocks.length === 0) throw refuse('expected public keys in PEM')
  const keys: Record<string, string> = {}
  for (const block of blocks) {
    if (block.includes('PRIVATE')) throw refuse('holds a private key; only public ones belong into a deployment')
    let key: KeyObject
    try {
      key = createPublicKey(block)
    } catch (cause) {
      throw refuse('expected public keys in PEM', cause)
    }
    if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_BITS) {
      throw refuse(`expected RSA keys of at least ${MIN_BITS} bits`)
    }
    const pem = key.export({ type: 'spki', format: 'pem' }).toString()
    keys[`key-${createHash('sha256').update(pem).digest('hex').slice(0, NAME_CHARACTERS)}`] = pem
  }
  return keys
}
