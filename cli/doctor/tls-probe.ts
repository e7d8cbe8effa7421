import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { errorCode } from '../command-error.ts'
import type { DeviceEndpoint } from './examination.ts'
import { Problem } from './problems.ts'

const TIMEOUT_MS = 5_000

/** Opens the port and closes it again. Throws host_unknown, port_closed. */
export function knock(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, timeout: TIMEOUT_MS })
    const give = (code: 'host_unknown' | 'port_closed', why: string) => {
      socket.destroy()
      reject(new Problem(code, `${host}:${port}: ${why}`, { port: String(port) }))
    }
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.once('timeout', () => give('port_closed', `no answer within ${TIMEOUT_MS} ms`))
    socket.once('error', (error: Error) => {
      const code = errorCode(error)
      give(/^(ENOTFOUND|EAI_AGAIN)$/.test(code) ? 'host_unknown' : 'port_closed', code)
    })
  })
}

/** The authority's certificate in PEM. Throws certificate_unreadable. */
export function readAuthority(file: string): string {
  try {
    const pem = readFileSync(file, 'utf8')
    return new X509Certificate(pem).toString()
  } catch {
    throw new Problem('certificate_unreadable', `${file} holds no certificate of an authority`)
  }
}

/** What a handshake showed. */
export interface Handshake {
  protocol: string | null
  /** Why the certificate is not trusted; undefined: it is. */
  distrust: string | undefined
  certificate: X509Certificate | undefined
}

/** Shakes hands as a device does, and tells what the other side is worth instead of refusing it. Rejects when it speaks no such TLS. */
export function shakeHands(
  { host, port, caFile }: DeviceEndpoint,
  options: Pick<ConnectionOptions, 'minVersion' | 'maxVersion'>,
): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({
      host,
      port,
      servername: host,
      timeout: TIMEOUT_MS,
      rejectUnauthorized: false,
      ...(caFile !== undefined && { ca: readAuthority(caFile) }),
      ...options,
    })
    socket.once('secureConnect', () => {
      resolve({
        protocol: socket.getProtocol(),
        // node's types say Error; what is there is the text of its code
        distrust: socket.authorized ? undefined : String(socket.authorizationError),
        certificate: socket.getPeerX509Certificate(),
      })
      socket.destroy()
    })
    socket.once('error', reject)
    socket.once('timeout', () => socket.destroy(new Error(`no handshake within ${TIMEOUT_MS} ms`)))
    socket.once('close', () => reject(new Error('closed before the handshake was done')))
  })
}
