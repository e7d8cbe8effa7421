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
import { type BundleInputs, readBundleInputs } from './bundle-inputs.ts'
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

const PLUGIN_CODE = readFileSync(new URL('./bundle-pruning.ts', import.meta.url))

/** Bundles of a function that are kept: runs of another state of the sources may still read theirs. */
const KEPT_VERSIONS = 4

/**
 * Bundles `functions/<name>/index.ts` into a folder that is kept between runs and made again only when a source, a data file, an option or
 * esbuild itself has changed. `files` are put beside the bundle under the given names; `inputs` is the state of the sources, shared by bundles
 * that are made in one pass. A folder is named after what it was made from and never written to again, so runs at the same time do not
 * disturb each other.
 */
export async function bundleFunction(
  name: string,
  options: { projectFolder: string; files?: Readonly<Record<string, string>>; inputs?: BundleInputs },
): Promise<Bundle> {
  const { projectFolder, files = {}, inputs = readBundleInputs(projectFolder) } = options
  const cache = join(projectFolder, 'node_modules', '.cache', 'mqtt-cloud-bridge', 'bundles')
  const recordFile = join(cache, `${name}.json`)
  const kept = readRecord(recordFile)
  if (kept !== undefined && kept.key === cacheKey(kept.sources, inputs, files)) {
    const folder = join(cache, name, kept.key)
    if (existsSync(folder)) return bundleIn(folder)
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
    const sources = Object.keys(metafile.inputs).sort()
    const key = cacheKey(sources, inputs, files)
    const folder = join(cache, name, key)
    writeFileSync(`${fresh}.metafile.json`, JSON.stringify(metafile))
    renameSync(`${fresh}.metafile.json`, metafileOf(folder))
    moveUnlessThere(fresh, folder)
    writeWhole(recordFile, JSON.stringify({ key, sources } satisfies KeptBundle))
    removeOld(join(cache, name), key)
    return bundleIn(folder)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

interface KeptBundle {
  key: string
  /** Paths relative to the project, in their order. */
  sources: string[]
}

/** Beside the folder, whose files are deployed. */
const metafileOf = (folder: string) => `${folder}.metafile.json`

function bundleIn(folder: string): Bundle {
  return {
    folder,
    // most runs do not look at it, and it is large
    get metafile() {
      return JSON.parse(readFileSync(metafileOf(folder), 'utf8')) as Metafile
    },
  }
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
  const others = readdirSync(versions, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== current)
    .map(({ name }) => ({
      path: join(versions, name),
      stat: statSync(join(versions, name), { throwIfNoEntry: false }),
    }))
    .sort((one, other) => (other.stat?.mtimeMs ?? 0) - (one.stat?.mtimeMs ?? 0))
  for (const { path } of others.slice(KEPT_VERSIONS - 1)) {
    for (const one of [path, metafileOf(path)]) rmSync(one, { recursive: true, force: true })
  }
}

function cacheKey(sources: readonly string[], inputs: BundleInputs, files: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256').update(JSON.stringify([version, OPTIONS, files]))
  // a plugin's code is no part of the options' text
  hash.update(PLUGIN_CODE)
  for (const path of sources) hash.update(path).update(inputs.stateOf(path))
  return hash.digest('hex')
}
