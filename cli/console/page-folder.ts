import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Sources and result, below the folder of the project. */
const SOURCE_FOLDER = 'console'
const BUILT_FOLDER = 'node_modules/.cache/mqtt-cloud-bridge/console'
const STAMP = '.sources'

/** The folder of the built page; builds it where its sources have changed since. Rejects with what the build said. */
export async function preparePage(projectFolder: string, onBuild: () => void): Promise<string> {
  const sourceFolder = join(projectFolder, SOURCE_FOLDER)
  const builtFolder = join(projectFolder, BUILT_FOLDER)
  const stampFile = join(builtFolder, STAMP)
  const stamp = hashOf(sourceFolder)
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return builtFolder
  onBuild()
  // loaded only when there is something to build
  const { build } = await import('vite')
  await build({
    root: sourceFolder,
    configFile: false,
    logLevel: 'error',
    base: './',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: { outDir: builtFolder, emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  })
  writeFileSync(stampFile, stamp)
  return builtFolder
}

function hashOf(folder: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!/\.(tsx?|css|html|svg)$/.test(name)) continue
    hash.update(name).update(readFileSync(join(folder, name)))
  }
  return hash.digest('hex')
}
