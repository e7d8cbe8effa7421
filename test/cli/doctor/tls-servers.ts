import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type TlsOptions } from 'node:tls'
import { issueCertificate } from '#local/tls/index.ts'
import { issueAuthority } from '../../../local/tls/issue.ts'

const DAY_MS = 24 * 60 * 60 * 1_000

export interface Listener extends Disposable {
  url: string
  caFile: string
}

/** A server as the broker's, with one thing that is wrong. */
export async function startTlsServer(
  wrong: { names?: string[]; issuedMs?: number; foreignAuthority?: boolean; tls?: TlsOptions } = {},
): Promise<Listener> {
  const nowMs = wrong.issuedMs ?? Date.now()
  const authority = await issueAuthority({ subject: 'CN=a test', nowMs: Date.now(), lifetimeMs: 365 * DAY_MS })
  const { certificate: cert, privateKey: key } = await issueCertificate({
    authority,
    nowMs,
    lifetimeMs: DAY_MS,
    subject: 'CN=server',
    dnsNames: wrong.names ?? ['localhost'],
  })
  const trusted = wrong.foreignAuthority
    ? await issueAuthority({ subject: 'CN=another', nowMs: Date.now(), lifetimeMs: DAY_MS })
    : authority
  const server = createServer({ cert, key, minVersion: 'TLSv1.3', ...wrong.tls })
  // a client that goes away in the middle is what these tests are made of
  server.on('tlsClientError', () => {}).on('secureConnection', (socket) => socket.on('error', () => {}))
  return listen(server, trusted.certificate)
}

/** Takes connections and says nothing that TLS could be. */
export function startPlainServer(): Promise<Listener> {
  return listen(
    createTcpServer((socket) => void socket.on('error', () => {}).end('220 hello\r\n')),
    '',
  )
}

async function listen(server: Server, authority: string): Promise<Listener> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-doctor-'))
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, authority)
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `mqtts://localhost:${port}`,
    caFile,
    [Symbol.dispose]() {
      server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
