import { createHash, randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
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
  banner: { js: "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);" },
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

/** Bundles of a function that are kept: runs of another state of the sources may still read theirs. */
const KEPT_VERSIONS = 4

/**
 * Bundles `functions/<name>/index.ts` into a folder that is kept between runs and made again only when a source, a data file, an option or
 * esbuild itself has changed. `files` are put beside the bundle under the given names. A folder is named after what it was made from and
 * never written to again, so runs at the same time do not disturb each other.
 */
export async function bundleFunction(
  name: string,
  options: { projectFolder: string; files?: Readonly<Record<string, string>> },
): Promise<Bundle> {
  const { projectFolder, files = {} } = options
  const cache = join(projectFolder, 'node_modules', '.cache', 'mqtt-cloud-bridge', 'bundles')
  const recordFile = join(cache, `${name}.meta.json`)
  const kept = readRecord(recordFile)
  if (kept !== undefined && kept.key === cacheKey(kept.metafile, projectFolder, files)) {
    const folder = join(cache, name, kept.key)
    if (existsSync(folder)) return { folder, metafile: kept.metafile }
  }
  mkdirSync(join(cache, name), { recursive: true })
  const fresh = mkdtempSync(join(cache, `${name}-`))
  try {
    const { metafile } = await build({
      ...OPTIONS,
      absWorkingDir: projectFolder,
      entryPoints: [`functions/${name}/index.ts`],
      outdir: relative(projectFolder, fresh),
    })
    for (const [file, content] of Object.entries(files)) writeFileSync(join(fresh, file), content)
    const key = cacheKey(metafile, projectFolder, files)
    const folder = join(cache, name, key)
    moveUnlessThere(fresh, folder)
    writeWhole(recordFile, JSON.stringify({ key, metafile } satisfies KeptBundle))
    removeOld(join(cache, name), key)
    return { folder, metafile }
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

interface KeptBundle {
  key: string
  metafile: Metafile
}

/** A record that cannot be read is as good as none: the bundle is made again. */
function readRecord(file: string): KeptBundle | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as KeptBundle
  } catch {
    return undefined
  }
}

/** Another run may have made the same bundle meanwhile; the system then refuses to rename onto its folder. */
function moveUnlessThere(fresh: string, folder: string): void {
  try {
    renameSync(fresh, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  }
}

function writeWhole(file: string, text: string): void {
  const part = `${file}.${randomUUID()}`
  writeFileSync(part, text)
  renameSync(part, file)
}

function removeOld(versions: string, current: string): void {
  const others = readdirSync(versions)
    .filter((version) => version !== current)
    .map((version) => ({
      path: join(versions, version),
      stat: statSync(join(versions, version), { throwIfNoEntry: false }),
    }))
    .sort((one, other) => (other.stat?.mtimeMs ?? 0) - (one.stat?.mtimeMs ?? 0))
  for (const { path } of others.slice(KEPT_VERSIONS - 1)) rmSync(path, { recursive: true, force: true })
}

function cacheKey(metafile: Metafile, projectFolder: string, files: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256').update(JSON.stringify([version, OPTIONS, files]))
  // a plugin's code is no part of the options' text
  hash.update(readFileSync(new URL('./bundle-pruning.ts', import.meta.url)))
  for (const input of Object.keys(metafile.inputs).sort()) {
    const path = join(projectFolder, input)
    hash.update(input).update(existsSync(path) ? readFileSync(path) : 'gone')
  }
  return hash.digest('hex')
}
