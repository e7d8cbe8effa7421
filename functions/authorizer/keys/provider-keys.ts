import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { readDeployedFile } from '../../shared/roles.ts'
import { JWKS_FILE } from '../env.ts'
import type { ProviderKeys } from './key-ring.ts'

/**
 * The keys of the identity provider that this deployment trusts, from a URL or from the file beside the bundle; undefined when it trusts
 * none. Their code is loaded with the first token that names such a key: no other connect waits for it.
 */
export function createProviderKeys(options: {
  url: string
  issuer: string | undefined
  audience: string | undefined
  folder?: string | undefined
}): ProviderKeys | undefined {
  const { url, issuer, audience, folder = process.env.LAMBDA_TASK_ROOT ?? '.' } = options
  const isInline = url === ''
  if (isInline && !existsSync(resolve(folder, JWKS_FILE))) return undefined
  let loaded: Promise<ProviderKeys> | undefined
  return async (kid) => {
    loaded ??= import('./jwks/index.ts').then(({ createJwks, fetchJwks, keysOf }) => {
      if (!isInline) return createJwks(async () => keysOf(await fetchJwks(url), { issuer, audience }))
      const keys = keysOf(readDeployedFile(JWKS_FILE, folder), { issuer, audience })
      return async (id: string) => keys.get(id)
    })
    return (await loaded)(kid)
  }
}
