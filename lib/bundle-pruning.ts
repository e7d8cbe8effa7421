import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'

/** JSON Schemas are made from the contract by tools, never in a function; zod would bring their code into every bundle. */
const JSON_SCHEMA_CODE = /[/\\]zod[/\\]v4[/\\]core[/\\](to-json-schema|json-schema-processors)\.js$/
const UNAVAILABLE =
  'const unavailable = () => { throw new Error("JSON Schemas are not made in functions") };' +
  'const makeUnavailable = () => unavailable;'
/** jsonwebtoken asks it whether Node is newer than 16; the bundles are made for 24. */
const NODE_VERSION_CODE = /[/\\]node_modules[/\\]semver[/\\]index\.js$/

/**
 * esbuild plugin that leaves out modules which no function can come to use; each would cost every cold start. Whoever calls what was
 * left out gets an error, and the tests run the real bundles.
 */
export const leaveOutUnused: Plugin = {
  name: 'leave-out-unused',
  setup(build) {
    build.onLoad({ filter: JSON_SCHEMA_CODE }, async ({ path }) => {
      const names = exportedNames(await readFile(path, 'utf8'))
      // every schema calls these when it is made, for a method that nobody calls
      const exported = names.map(
        (name) => `${name.startsWith('create') ? 'makeUnavailable' : 'unavailable'} as ${name}`,
      )
      return { contents: `${UNAVAILABLE}export { ${exported.join(', ')} }`, loader: 'js' }
    })
    build.onLoad({ filter: NODE_VERSION_CODE }, () => ({
      contents: 'module.exports = { satisfies: () => true }',
      loader: 'js',
    }))
  },
}

function exportedNames(source: string): string[] {
  const declared = [...source.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)].map(
    ([, name]) => name ?? '',
  )
  const renamed = [...source.matchAll(/^export \{ \w+ as (\w+) \}/gm)].map(([, name]) => name ?? '')
  return [...new Set([...declared, ...renamed])]
}
