import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A broker that the benchmarks measure against. */
export interface Endpoint {
  readonly name: string
  readonly port: number
  readonly ca: string
}

export interface ServerCertificate {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/**
 * Starts Debian's Mosquitto on loopback, with TLS 1.3 alone and Nagle's algorithm off, which is not its default. Its own limits are
 * lifted as far as they would throttle.
 */
export async function startMosquitto(
  certificate: ServerCertificate,
): Promise<Endpoint & AsyncDisposable & { readonly pid: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-mosquitto-'))
  // started as root it changes to a user of its own, who must read the files
  chmodSync(folder, 0o755)
  const file = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text, { mode: 0o644 })
    return path
  }
  const port = await freePort()
  const configuration = file(
    'mosquitto.conf',
    [
      `listener ${port} 127.0.0.1`,
      `cafile ${file('ca.pem', certificate.ca)}`,
      `certfile ${file('cert.pem', certificate.cert)}`,
      `keyfile ${file('key.pem', certificate.key)}`,
      'tls_version tlsv1.3',
      'allow_anonymous true',
      'set_tcp_nodelay true',
      'max_inflight_messages 1000',
      'max_queued_messages 0',
      'persistence false',
      '',
    ].join('\n'),
  )
  const server = spawn('mosquitto', ['-c', configuration], { stdio: ['ignore', 'ignore', 'pipe'] })
  try {
    await untilListening(server, port)
  } catch (error) {
    rmSync(folder, { recursive: true })
    throw error
  }
  return {
    name: 'Mosquitto',
    port,
    ca: certificate.ca,
    pid: server.pid ?? 0,
    async [Symbol.asyncDispose]() {
      const ended = once(server, 'exit')
      server.kill()
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

async function untilListening(server: ChildProcess, port: number): Promise<void> {
  const said: string[] = []
  if (server.stderr) createInterface(server.stderr).on('line', (line) => said.push(line))
  const failed = new Promise<never>((_, reject) => {
    server.once('error', () => reject(new Error("mosquitto not found; install Debian's package mosquitto")))
    server.once('exit', () => reject(new Error(`mosquitto ended: ${said.join(' | ')}`)))
  })
  failed.catch(() => {})
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await Promise.race([
      failed,
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
    ])
    socket.destroy()
    if (isOpen) return
    await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, 20))])
  }
}
