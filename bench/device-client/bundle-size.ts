import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

export interface BundleSize {
  name: string
  platform: 'browser' | 'node'
  bytes: number
  gzippedBytes: number
}

const ENTRIES = [
  { name: 'ours', platform: 'browser', source: "export * from './device/browser.ts'" },
  { name: 'MQTT.js', platform: 'browser', source: "export * from 'mqtt'" },
  { name: 'ours', platform: 'node', source: "export * from './device/index.ts'" },
  { name: 'MQTT.js', platform: 'node', source: "export * from 'mqtt'" },
] as const

/** What an application carries, minified: everything the entry exports, with all that it needs. */
export function measureBundles(projectFolder: string): Promise<BundleSize[]> {
  return Promise.all(
    ENTRIES.map(async ({ name, platform, source }) => {
      const { outputFiles } = await build({
        stdin: { contents: source, resolveDir: projectFolder, loader: 'ts' },
        bundle: true,
        minify: true,
        write: false,
        splitting: false,
        format: 'esm',
        platform,
        target: platform === 'node' ? 'node24' : 'es2022',
        banner:
          platform === 'node'
            ? { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" }
            : {},
        logLevel: 'error',
      })
      const contents = outputFiles[0]?.contents ?? new Uint8Array()
      return { name, platform, bytes: contents.length, gzippedBytes: gzipSync(contents).length }
    }),
  )
}
