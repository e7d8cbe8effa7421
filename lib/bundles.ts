import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { bridgeError } from '#contract/index.ts'
import { type Bundle, bundleFunction } from './bundling.ts'
import type { BridgeSettings } from './settings.ts'

/** All functions of the stack; each is a folder of functions/. */
export const FUNCTION_NAMES = ['api', 'authorizer', 'conscience', 'events', 'memory', 'publisher', 'registrar'] as const
export type FunctionName = (typeof FUNCTION_NAMES)[number]
export type BundleFolders = Readonly<Record<FunctionName, string>>

/** Bundles every function in parallel, with the data files that stand beside some of them. */
export async function bundleAll(
  settings: BridgeSettings,
  projectFolder: string,
): Promise<Record<FunctionName, Bundle>> {
  const roles = { 'roles.json': JSON.stringify(settings.fleet.roles) }
  const files: Partial<Record<FunctionName, Record<string, string>>> = {
    authorizer: roles,
    api: roles,
    conscience: { 'rules.json': readText(resolve(projectFolder, settings.conscienceRulesFile)) },
  }
  const bundles = await Promise.all(
    FUNCTION_NAMES.map(
      async (name) => [name, await bundleFunction(name, { projectFolder, files: files[name] ?? {} })] as const,
    ),
  )
  return Object.fromEntries(bundles) as Record<FunctionName, Bundle>
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw bridgeError('configuration_invalid', { problem: `there is no file ${file}` }, { cause })
  }
}
