// `npm run test:paho -- PATH`: the client tests of a copy of https://github.com/eclipse/paho.mqtt.testing against the broker, for MQTT
// 3.1.1 and 5. Fails when a test fails that is not in skips.json, and when one that is there passes. Needs python3.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startPlainBroker } from './plain-broker.ts'

type Line = { test: string; outcome: 'passed' | 'failed'; message?: string }
type Version = '3.1.1' | '5'

const HERE = new URL('.', import.meta.url)
const SUITE = fileURLToPath(new URL('suite.py', HERE))
/** By version and test: the rule of AWS IoT Core that the test runs into. */
const skips = JSON.parse(readFileSync(new URL('skips.json', HERE), 'utf8')) as Record<Version, Record<string, string>>

const [, , folder] = process.argv
if (folder === undefined || !existsSync(join(folder, 'interoperability/client_test5.py'))) {
  process.stderr.write('usage: npm run test:paho -- PATH, a checkout of https://github.com/eclipse/paho.mqtt.testing\n')
  process.exit(2)
}

await using broker = await startPlainBroker()
const counts = { passed: 0, skipped: 0, wrong: 0 }
for (const version of Object.keys(skips) as Version[]) {
  const missing = new Set(Object.keys(skips[version]))
  for await (const line of runSuite(folder, version, broker.port)) {
    missing.delete(line.test)
    judge(version, line)
  }
  for (const test of missing) tell('wrong', version, test, 'in skips.json, but not in the suite')
}
process.stdout.write(`${counts.passed} passed, ${counts.skipped} skipped, ${counts.wrong} wrong\n`)
if (counts.wrong > 0 || counts.passed === 0) process.exitCode = 1

async function* runSuite(path: string, version: Version, port: number): AsyncGenerator<Line> {
  const child = spawn('python3', [SUITE, path, version, String(port)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let chatter = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (chatter += text))
  const exited = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as Line
  const code = await exited
  if (code !== 0) throw new Error(`the suite ended with ${code}: ${chatter}`)
}

function judge(version: Version, { test, outcome, message = '' }: Line): void {
  const rule = skips[version][test]
  if (outcome === 'passed' && rule === undefined) tell('passed', version, test)
  else if (outcome === 'failed' && rule !== undefined) tell('skipped', version, test, rule)
  else if (outcome === 'failed') tell('wrong', version, test, `failed: ${message}`)
  else tell('wrong', version, test, 'passes now; take it out of skips.json')
}

function tell(what: keyof typeof counts, version: Version, test: string, why = ''): void {
  counts[what] += 1
  process.stdout.write(`${what.padEnd(7)} ${version.padEnd(5)} ${test}${why === '' ? '' : `: ${why}`}\n`)
}
