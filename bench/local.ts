// `npm run bench:local [-- NAME…] [--json]`: runs the measurements of the local runtime one after another, each a script in bench/local.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const folder = new URL('./local/', import.meta.url)
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .sort()
const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } })
const unknown = positionals.find((name) => !names.includes(name))
if (unknown !== undefined) {
  process.stderr.write(`there is no measurement ${unknown}; there are ${names.join(', ')}\n`)
  process.exit(2)
}

for (const name of positionals.length > 0 ? positionals : names) {
  process.stderr.write(`\n== ${name}\n`)
  const script = fileURLToPath(new URL(`${name}.ts`, folder))
  const { status } = spawnSync(process.execPath, [script, ...(values.json ? ['--json'] : [])], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
