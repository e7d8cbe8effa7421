// `npm run bench:device`: our client beside those that people use today, on the same brokers in the same run.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ensureCertificates } from '#local/tls/index.ts'
import { startChild } from '../child.ts'
import { describeMachine, machineText } from '../machine.ts'
import { type Endpoint, startMosquitto } from '../mosquitto.ts'
import { renderTable, tell } from '../report.ts'
import { type BundleSize, measureBundles } from './bundle-size.ts'
import { BARE, CONTESTANTS } from './contestants.ts'
import { type Exchange, measureExchange } from './exchange.ts'

const projectFolder = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const IDLE_CLIENTS = 1_000
const { values: options } = parseArgs({
  options: { json: { type: 'boolean' }, help: { type: 'boolean' }, 'idle-clients': { type: 'string' } },
})
if (options.help) {
  process.stdout.write(
    'usage: npm run bench:device -- [--json] [--idle-clients N]\nneeds mosquitto, and once: npm ci --prefix bench/peers\n',
  )
  process.exit()
}

interface Measured {
  broker: string
  exchange: Exchange[]
  idleBytes: { name: string; bytes: number }[]
}

const folder = mkdtempSync(join(tmpdir(), 'bridge-bench-device-'))
const machine = describeMachine()
try {
  const files = await ensureCertificates({ folder })
  const [ca, cert, key] = [files.caFile, files.certFile, files.keyFile].map((file) => readFileSync(file, 'utf8')) as [
    string,
    string,
    string,
  ]
  const results: Measured[] = []
  {
    await using mosquitto = await startMosquitto({ ca, cert, key })
    results.push(await measure(mosquitto, files.caFile))
  }
  {
    await using local = await startChild<number>(
      new URL('../local-broker.ts', import.meta.url),
      files.certFile,
      files.keyFile,
    )
    results.push(await measure({ name: 'local runtime', port: local.ready, ca }, files.caFile))
  }
  const bundles = await measureBundles(projectFolder)
  if (options.json) process.stdout.write(`${JSON.stringify({ machine, results, bundles }, undefined, 2)}\n`)
  else process.stdout.write(report(results, bundles))
} finally {
  rmSync(folder, { recursive: true })
}

async function measure(endpoint: Endpoint, caFile: string): Promise<Measured> {
  await using _responder = await startChild<string>(
    new URL('./responder.ts', import.meta.url),
    String(endpoint.port),
    caFile,
  )
  const peers = []
  for (const [index, contestant] of CONTESTANTS.entries()) {
    peers.push({ contestant, peer: await contestant.connect(endpoint, `bench-${index}`) })
  }
  const exchange = await measureExchange(peers, (block, blocks) =>
    tell(`${endpoint.name}: block ${block} of ${blocks}`),
  )
  for (const { peer } of peers) await peer.close()
  const idleBytes = []
  for (const { name } of CONTESTANTS) {
    tell(`${endpoint.name}: idle clients, ${name}`)
    idleBytes.push({ name, bytes: await idleMemory(name, endpoint.port, caFile) })
  }
  return { broker: endpoint.name, exchange, idleBytes }
}

async function idleMemory(name: string, port: number, caFile: string): Promise<number> {
  const count = options['idle-clients'] ?? String(IDLE_CLIENTS)
  await using child = await startChild<number>(
    new URL('./idle-memory.ts', import.meta.url),
    name,
    String(port),
    caFile,
    count,
  )
  return child.ready
}

function report(results: readonly Measured[], bundles: readonly BundleSize[]): string {
  const parts = [machineText(machine), '']
  for (const { broker, exchange, idleBytes } of results) {
    const bare = exchange.find(({ name }) => name === BARE.name)
    const bareIdle = idleBytes.find(({ name }) => name === BARE.name)
    if (!bare || !bareIdle) throw new Error('the bare client was not measured')
    parts.push(
      `${broker}: QoS 1 over TLS 1.3 on loopback, ${exchange.length} clients in turns`,
      renderTable([
        ['', 'p50 ms', 'p99 ms', 'p50 ratio', 'publishes/s', 'ratio', 'KB per idle client', 'ratio'],
        ...exchange.map(({ name, p50Ms, p99Ms, publishesPerSecond }) => {
          const idle = idleBytes.find((one) => one.name === name)?.bytes ?? Number.NaN
          return [
            name,
            p50Ms.toFixed(3),
            p99Ms.toFixed(2),
            (p50Ms / bare.p50Ms).toFixed(2),
            publishesPerSecond.toFixed(0),
            (publishesPerSecond / bare.publishesPerSecond).toFixed(2),
            (idle / 1_024).toFixed(0),
            (idle / bareIdle.bytes).toFixed(2),
          ]
        }),
      ]),
      '',
    )
  }
  parts.push(
    'Bundle, minified',
    renderTable([
      ['', 'platform', 'KB', 'KB gzipped'],
      ...bundles.map(({ name, platform, bytes, gzippedBytes }) => [
        name,
        platform,
        (bytes / 1_024).toFixed(1),
        (gzippedBytes / 1_024).toFixed(1),
      ]),
    ]),
    '',
    'Ratios are against MQTT.js with Nagle off, in the same run. Ours: envelope, validation and correlation on, its throttle at the service limits off.',
    '',
  )
  return parts.join('\n')
}
