import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What npm writes at each change of the installed packages: each with its version and the digest of its content. */
const INSTALLED_FILE = 'node_modules/.package-lock.json'
const PACKAGE_FILE = /(^|[/\\])node_modules[/\\]/

/** Tells in what state the files are that bundles are made from. Each is read once, however many bundles hold it. */
export interface BundleInputs {
  /** Of a path relative to the project: a digest, or `gone`. */
  stateOf(path: string): string
}

/** As the files stand now; for one pass over the bundles. */
export function readBundleInputs(projectFolder: string): BundleInputs {
  const states = new Map<string, string>()
  const read = (path: string): string => {
    const file = join(projectFolder, path)
    return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : 'gone'
  }
  const known = (path: string): string => {
    const state = states.get(path) ?? read(path)
    states.set(path, state)
    return state
  }
  // a package of the same digest has the same files
  const hasInstalled = existsSync(join(projectFolder, INSTALLED_FILE))
  return {
    stateOf: (path) => known(hasInstalled && PACKAGE_FILE.test(path) ? INSTALLED_FILE : path),
  }
}
