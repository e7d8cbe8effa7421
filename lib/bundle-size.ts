import { basename } from 'node:path'
import type { Metafile } from 'esbuild'
import type { FunctionName } from './bundles.ts'

/**
 * What a function loads before its first event may take this much, minified. The authorizer stands in the way of every connect, so its
 * bound is lower.
 */
export const STATIC_CEILING_BYTES: Readonly<Record<FunctionName, number>> = {
  answers: 480_000,
  announcer: 480_000,
  api: 480_000,
  authorizer: 410_000,
  conscience: 480_000,
  events: 480_000,
  http: 480_000,
  memory: 480_000,
  presence: 480_000,
  publisher: 480_000,
  reconciler: 480_000,
  registrar: 480_000,
  requester: 480_000,
  review: 620_000,
  rotator: 480_000,
  starter: 480_000,
  tokens: 480_000,
}

/** A chunk that is imported later has an entry as well, further down. */
const FUNCTION_ENTRY = /^functions\/[^/]+\/index\.ts$/

/** The files of a bundle that importing its entry loads, by name: the entry and what import statements reach from it. */
export function staticallyLoaded({ outputs }: Metafile): string[] {
  const entry = Object.keys(outputs).find((path) => FUNCTION_ENTRY.test(outputs[path]?.entryPoint ?? ''))
  const reached = new Set<string>()
  const visit = (path: string) => {
    if (reached.has(path)) return
    reached.add(path)
    for (const { path: next, kind, external } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && !external) visit(next)
    }
  }
  if (entry !== undefined) visit(entry)
  return [...reached].map((path) => basename(path))
}

/** Bytes of a bundle's code: what importing the entry loads, and everything. */
export function bundleSize(metafile: Metafile): { staticBytes: number; totalBytes: number } {
  const loaded = new Set(staticallyLoaded(metafile))
  let staticBytes = 0
  let totalBytes = 0
  for (const [path, { bytes }] of Object.entries(metafile.outputs)) {
    totalBytes += bytes
    if (loaded.has(basename(path))) staticBytes += bytes
  }
  return { staticBytes, totalBytes }
}
