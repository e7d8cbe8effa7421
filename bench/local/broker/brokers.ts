import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureCertificates } from '#local/tls/index.ts'
import { startChild } from '../../child.ts'
import { startMosquitto } from '../../mosquitto.ts'

export interface MeasuredBroker {
  readonly name: string
  readonly port: number
  readonly pid: number
}

/** Ours and Mosquitto, each a process of its own, with one certificate; ours first. */
export async function startBrokers(): Promise<AsyncDisposable & { caFile: string; brokers: MeasuredBroker[] }> {
  await using opened = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'bridge-bench-broker-'))
  opened.defer(() => rmSync(folder, { recursive: true }))
  const { caFile, certFile, keyFile } = await ensureCertificates({ folder })
  const read = (file: string) => readFileSync(file, 'utf8')
  const ours = opened.use(
    await startChild<number>(new URL('../../local-broker.ts', import.meta.url), certFile, keyFile),
  )
  const mosquitto = opened.use(await startMosquitto({ ca: read(caFile), cert: read(certFile), key: read(keyFile) }))
  const kept = opened.move()
  return {
    caFile,
    brokers: [
      { name: 'local runtime', port: ours.ready, pid: ours.process.pid ?? 0 },
      { name: 'Mosquitto', port: mosquitto.port, pid: mosquitto.pid },
    ],
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
