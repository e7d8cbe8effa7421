import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type BuildOptions, build, version } from 'esbuild'
import {
  type Bundle,
  type BundleCache,
  type BundleCacheOptions,
  cacheFolder,
  createBundleCache,
} from './bundle-cache.ts'
import { readBundleInputs } from './bundle-inputs.ts'
import { leaveOutUnused } from './bundle-pruning.ts'

/** The settings every bundle is made with; reasons beside each. */
export const BUNDLE_OPTIONS = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  minify: true,
  // credential providers that Lambda never loads stay out of the entry file
  splitting: true,
  outExtension: { '.js': '.mjs' },
  // the SDK's ES build is a third smaller than its CommonJS one
  mainFields: ['module', 'main'],
  // jsonwebtoken and its kind call require at run time
  banner: { js: "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);" },
  metafile: true as const,
  legalComments: 'none',
  logLevel: 'silent',
  plugins: [leaveOutUnused],
} satisfies BuildOptions

// a plugin's code is no part of the options' text
const RECIPE = JSON.stringify([
  version,
  BUNDLE_OPTIONS,
  readFileSync(new URL('./bundle-pruning.ts', import.meta.url), 'utf8'),
])

export type BundleFunctionOptions = Pick<BundleCacheOptions, 'projectFolder'> &
  Partial<Pick<BundleCacheOptions, 'files' | 'inputs'>>

export const entryOf = (name: string) => `functions/${name}/index.ts`

/** The kept bundles of a function. */
export function bundlesOf(
  name: string,
  kind: BundleCacheOptions['kind'],
  { projectFolder, files = {}, inputs = readBundleInputs(projectFolder) }: BundleFunctionOptions,
): BundleCache {
  return createBundleCache(name, { projectFolder, files, inputs, kind, recipe: `${kind} ${RECIPE}` })
}

/**
 * Bundles `functions/<name>/index.ts` into a folder that is kept between runs and made again only when a source, a data file, an option or
 * esbuild itself has changed. `files` are put beside the bundle under the given names; `inputs` is the state of the sources, shared by bundles
 * that are made in one pass. Runs at the same time do not disturb each other.
 */
export async function bundleFunction(name: string, options: BundleFunctionOptions): Promise<Bundle> {
  const { projectFolder } = options
  const cache = bundlesOf(name, 'alone', options)
  const kept = cache.find()
  if (kept) return kept
  using fresh = freshFolder(projectFolder, name)
  const { metafile } = await build({
    ...BUNDLE_OPTIONS,
    absWorkingDir: projectFolder,
    entryPoints: [entryOf(name)],
    outdir: relative(projectFolder, fresh.path),
  })
  return cache.keep(fresh.path, metafile)
}

/** A folder beside the kept bundles, which is gone at the end unless it was moved. */
export function freshFolder(projectFolder: string, name: string): Disposable & { readonly path: string } {
  const cache = cacheFolder(projectFolder)
  mkdirSync(cache, { recursive: true })
  const path = mkdtempSync(join(cache, `${name}-`))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
