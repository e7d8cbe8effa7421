import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { bridgeError } from '#contract/index.ts'
import { JWKS_FILE } from '#functions/authorizer/env.ts'
import { RULES_FILE } from '#functions/conscience/env.ts'
import { parseRules } from '#functions/conscience/rules.ts'
import { ROLES_FILE } from '#functions/shared/settings.ts'
import type { Bundle } from './bundle-cache.ts'
import { readBundleInputs } from './bundle-inputs.ts'
import { type BundleFunctionOptions, bundleFunction, bundlesOf } from './bundling.ts'
import { bundleTogether } from './bundling-together.ts'
import type { BridgeSettings } from './settings.ts'

/** All functions of the stack; each is a folder of functions/. */
export const FUNCTION_NAMES = [
  'answers',
  'announcer',
  'api',
  'authorizer',
  'conscience',
  'events',
  'http',
  'memory',
  'presence',
  'publisher',
  'reconciler',
  'registrar',
  'requester',
  'review',
  'rotator',
  'starter',
  'tokens',
] as const
export type FunctionName = (typeof FUNCTION_NAMES)[number]
export type BundleFolders = Readonly<Record<FunctionName, string>>

/** esbuild keeps several cores busy with one bundle; all at once are slower, and take the memory of all. */
const BUNDLES_AT_A_TIME = 2

/** So many at once are made together if haste allows it; fewer take no longer alone. */
const TOGETHER_FROM = 4

/**
 * Bundles every function, with the data files that stand beside some of them. In haste the bundles of a change that concerns many functions are
 * made together: for a bridge that is reloaded, see {@link bundleTogether}.
 */
export async function bundleAll(
  settings: BridgeSettings,
  projectFolder: string,
  { inHaste = false }: { inHaste?: boolean } = {},
): Promise<Record<FunctionName, Bundle>> {
  const roles = { [ROLES_FILE]: JSON.stringify(settings.fleet.roles) }
  const rules = { [RULES_FILE]: readRules(resolve(projectFolder, settings.conscienceRulesFile)) }
  const files: Partial<Record<FunctionName, Record<string, string>>> = {
    authorizer: {
      ...roles,
      ...(settings.jwksFile && { [JWKS_FILE]: readJwks(resolve(projectFolder, settings.jwksFile)) }),
    },
    api: roles,
    tokens: roles,
    conscience: rules,
    review: rules,
  }
  const inputs = readBundleInputs(projectFolder)
  const optionsOf = (name: FunctionName) => ({ projectFolder, files: files[name] ?? {}, inputs })
  const bundles = {} as Record<FunctionName, Bundle>
  const left: FunctionName[] = []
  for (const name of FUNCTION_NAMES) {
    const kept = inHaste ? keptInHaste(name, optionsOf(name)) : undefined
    if (kept) bundles[name] = kept
    else left.push(name)
  }
  if (inHaste && left.length >= TOGETHER_FROM) {
    const stale = Object.fromEntries(left.map((name) => [name, optionsOf(name)])) as Record<
      FunctionName,
      BundleFunctionOptions
    >
    return Object.assign(bundles, await bundleTogether(stale, projectFolder))
  }
  const work = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      bundles[name] = await bundleFunction(name, optionsOf(name))
    }
  }
  await Promise.all(Array.from({ length: BUNDLES_AT_A_TIME }, work))
  return bundles
}

function keptInHaste(name: FunctionName, options: BundleFunctionOptions): Bundle | undefined {
  return bundlesOf(name, 'alone', options).find() ?? bundlesOf(name, 'together', options).find()
}

/** The rules as text; checked here, so that a broken file is told by the deployment and not by the function. */
function readRules(file: string): string {
  try {
    const text = readFileSync(file, 'utf8')
    parseRules(JSON.parse(text))
    return text
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : 'cannot be read'
    throw bridgeError('configuration_invalid', { problem: `${file}: ${problem}` }, { cause })
  }
}

/** A document of public keys as text; how many of them are of use is for the authorizer to say, that there are any is said here. */
function readJwks(file: string): string {
  try {
    const text = readFileSync(file, 'utf8')
    const { keys } = JSON.parse(text) as { keys?: unknown }
    if (!Array.isArray(keys) || keys.length === 0) throw new TypeError('it has no list of keys')
    return text
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : 'cannot be read'
    throw bridgeError('configuration_invalid', { problem: `${file}: ${problem}` }, { cause })
  }
}
