import { createHash } from 'node:crypto'

const HASH_CHARACTERS = 8

/**
 * The name of a resource whose template gives none: stack name, logical id and a hash of both, always the same for the
 * same input. Cut to `maxCharacters` (default 64, the shortest limit of the services emulated) without losing the hash.
 */
export function physicalName(stackName: string, logicalId: string, maxCharacters = 64): string {
  const hash = createHash('sha256')
    .update(`${stackName}/${logicalId}`)
    .digest('hex')
    .slice(0, HASH_CHARACTERS)
    .toUpperCase()
  return `${`${stackName}-${logicalId}`.slice(0, maxCharacters - HASH_CHARACTERS - 1)}-${hash}`
}
