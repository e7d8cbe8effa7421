import { copyFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { build, type Metafile } from 'esbuild'
import type { Bundle } from './bundle-cache.ts'
import { BUNDLE_OPTIONS, type BundleFunctionOptions, bundlesOf, entryOf, freshFolder } from './bundling.ts'

/**
 * Bundles functions in one run of esbuild, which reads and writes each module once, however many of them hold it: a sixth of its processor time. Each
 * function still gets a folder that holds all it needs, and its code is the same; but how it is divided into chunks depends on the other
 * functions. So these are for a bridge that is reloaded while somebody edits, and never for a deployment.
 */
export async function bundleTogether<Name extends string>(
  functions: Readonly<Record<Name, BundleFunctionOptions>>,
  projectFolder: string,
): Promise<Record<Name, Bundle>> {
  const names = Object.keys(functions) as Name[]
  using fresh = freshFolder(projectFolder, 'together')
  const { metafile } = await build({
    ...BUNDLE_OPTIONS,
    absWorkingDir: projectFolder,
    entryPoints: names.map((name) => ({ in: entryOf(name), out: name })),
    outdir: relative(projectFolder, fresh.path),
  })
  const bundles = {} as Record<Name, Bundle>
  for (const name of names) {
    using own = freshFolder(projectFolder, name)
    const part = partOf(metafile, entryOf(name))
    for (const [path, { entryPoint }] of Object.entries(part.outputs)) {
      const file = entryPoint === entryOf(name) ? 'index.mjs' : basename(path)
      copyFileSync(join(projectFolder, path), join(own.path, file))
    }
    bundles[name] = bundlesOf(name, 'together', functions[name]).keep(own.path, part)
  }
  return bundles
}

/** What one entry reaches: its sources and its files. */
function partOf({ inputs, outputs }: Metafile, entry: string): Metafile {
  const [first] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === entry) ?? []
  if (first === undefined) throw new Error(`esbuild made nothing of ${entry}`)
  return { inputs: reached(inputs, entry), outputs: reached(outputs, first) }
}

function reached<Node extends { imports: { path: string; external?: boolean }[] }>(
  nodes: Readonly<Record<string, Node>>,
  first: string,
): Record<string, Node> {
  const found = new Map<string, Node>()
  const left = [first]
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const node = nodes[path]
    if (!node || found.has(path)) continue
    found.set(path, node)
    for (const { path: next, external } of node.imports) if (!external) left.push(next)
  }
  return Object.fromEntries(found)
}
