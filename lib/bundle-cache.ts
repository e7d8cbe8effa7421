import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'
import type { BundleInputs } from './bundle-inputs.ts'

export interface Bundle {
  /** Folder with `index.mjs`, its chunks and the data files. */
  folder: string
  /** Of one that was made alone; whoever is in haste does not look at it. */
  metafile: Metafile
}

/** The bundles of one function that are kept between runs. A folder is named after what it was made from and never written to again. */
export interface BundleCache {
  /** The one that the sources of today would give; undefined when it must be made. */
  find(): Bundle | undefined
  /** Takes a folder that was made as its own; one of the same content may be there already. */
  keep(fresh: string, metafile: Metafile): Bundle
}

export interface BundleCacheOptions {
  projectFolder: string
  /** Data files beside the code, with their content. */
  files: Readonly<Record<string, string>>
  /** The state of the sources. */
  inputs: BundleInputs
  /** All that the bundle depends on beside sources and data files. */
  recipe: string
  /** Tells apart the records of bundles that are made in different ways. */
  kind: 'alone' | 'together'
}

/** Bundles of a function that are kept: runs of another state of the sources may still read theirs. */
const KEPT_VERSIONS = 4

interface KeptBundle {
  key: string
  /** Paths relative to the project, in their order. */
  sources: string[]
}

export const cacheFolder = (projectFolder: string) =>
  join(projectFolder, 'node_modules', '.cache', 'mqtt-cloud-bridge', 'bundles')

export function createBundleCache(name: string, options: BundleCacheOptions): BundleCache {
  const { projectFolder, files, inputs, recipe, kind } = options
  const cache = cacheFolder(projectFolder)
  const recordFile = join(cache, kind === 'alone' ? `${name}.json` : `${name}.${kind}.json`)

  function keyOf(sources: readonly string[]): string {
    const hash = createHash('sha256').update(recipe).update(JSON.stringify(files))
    for (const path of sources) hash.update(path).update(inputs.stateOf(path))
    return hash.digest('hex')
  }

  return {
    find() {
      const kept = readRecord(recordFile)
      if (kept === undefined || kept.key !== keyOf(kept.sources)) return undefined
      const folder = join(cache, name, kept.key)
      return existsSync(folder) ? bundleIn(folder) : undefined
    },
    keep(fresh, metafile) {
      for (const [file, content] of Object.entries(files)) writeFileSync(join(fresh, file), content)
      const sources = Object.keys(metafile.inputs).sort()
      const key = keyOf(sources)
      const folder = join(cache, name, key)
      mkdirSync(join(cache, name), { recursive: true })
      if (kind === 'alone') writeWhole(metafileOf(folder), JSON.stringify(metafile))
      moveUnlessThere(fresh, folder)
      writeWhole(recordFile, JSON.stringify({ key, sources } satisfies KeptBundle))
      removeOld(join(cache, name), key)
      return bundleIn(folder)
    },
  }
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
