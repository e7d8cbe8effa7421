import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type BuildOptions, build, type Metafile, version } from 'esbuild'
import { leaveOutUnused } from './bundle-pruning.ts'

/** The settings every bundle is made with; reasons beside each. */
const OPTIONS = {
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
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  metafile: true as const,
  legalComments: 'none',
  logLevel: 'silent',
  plugins: [leaveOutUnused],
} satisfies BuildOptions

export interface Bundle {
  /** Folder with `index.mjs`, its chunks and the data files. */
  folder: string
  metafile: Metafile
}

/**
 * Bundles `functions/<name>/index.ts` into a folder that is kept between runs and made again only when a source, a data file, an option or
 * esbuild itself has changed. `files` are put beside the bundle under the given names.
 */
export async function bundleFunction(
  name: string,
  options: { projectFolder: string; files?: Readonly<Record<string, string>> },
): Promise<Bundle> {
  const { projectFolder, files = {} } = options
  const cache = join(projectFolder, 'node_modules', '.cache', 'mqtt-cloud-bridge', 'bundles')
  const folder = join(cache, name)
  const metafilePath = join(cache, `${name}.meta.json`)
  const kept = existsSync(metafilePath) ? (JSON.parse(readFileSync(metafilePath, 'utf8')) as KeptBundle) : undefined
  if (kept && existsSync(folder) && kept.key === cacheKey(kept.metafile, projectFolder, files)) {
    return { folder, metafile: kept.metafile }
  }
  const fresh = `${folder}.${process.pid}`
  const { metafile } = await build({
    ...OPTIONS,
    absWorkingDir: projectFolder,
    entryPoints: [`functions/${name}/index.ts`],
    outdir: relative(projectFolder, fresh),
  })
  for (const [file, content] of Object.entries(files)) writeFileSync(join(fresh, file), content)
  mkdirSync(cache, { recursive: true })
  rmSync(folder, { recursive: true, force: true })
  renameSync(fresh, folder)
  const key = cacheKey(metafile, projectFolder, files)
  writeFileSync(metafilePath, JSON.stringify({ key, metafile } satisfies KeptBundle))
  return { folder, metafile }
}

interface KeptBundle {
  key: string
  metafile: Metafile
}

function cacheKey(metafile: Metafile, projectFolder: string, files: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256').update(JSON.stringify([version, OPTIONS, files]))
  for (const input of Object.keys(metafile.inputs).sort()) {
    const path = join(projectFolder, input)
    hash.update(input).update(existsSync(path) ? readFileSync(path) : 'gone')
  }
  return hash.digest('hex')
}
