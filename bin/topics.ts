import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { documents, SCHEMAS_FOLDER } from '#asyncapi/index.ts'

/** Writes docs/asyncapi.json, docs/schemas/ and docs/TOPICS.md from the contract: `npm run docs:topics`. */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
const docs = new URL('../docs/', import.meta.url)
rmSync(new URL(SCHEMAS_FOLDER, docs), { recursive: true, force: true })
for (const [path, text] of Object.entries(documents(version))) {
  mkdirSync(new URL(dirname(path) === '.' ? '' : `${dirname(path)}/`, docs), { recursive: true })
  writeFileSync(new URL(path, docs), text)
}
