import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { IssuedCertificate } from './certificates.ts'

const FILES = { certificate: 'certificate.pem', privateKey: 'private-key.pem' } as const

/** Where a device's certificate and key are kept: a folder of its own, for its owner alone. */
export function certificateFolder(projectFolder: string, place: string, clientId: string): string {
  // a colon is no character of a file name everywhere
  return join(projectFolder, 'certs/devices', place, clientId.replaceAll(':', '%3A'))
}

export function writeCertificate(folder: string, { certificatePem, privateKeyPem }: IssuedCertificate): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, FILES.privateKey), privateKeyPem, { mode: 0o600 })
  writeFileSync(join(folder, FILES.certificate), certificatePem, { mode: 0o600 })
}

/** The certificate of an attempt that did not get to its end. */
export function readWrittenCertificate(folder: string): IssuedCertificate | undefined {
  const [certificateFile, privateKeyFile] = [join(folder, FILES.certificate), join(folder, FILES.privateKey)]
  if (!existsSync(certificateFile) || !existsSync(privateKeyFile)) return undefined
  const certificatePem = readFileSync(certificateFile, 'utf8')
  // the service's certificate id is the SHA-256 of the DER
  const certificateId = new X509Certificate(certificatePem).fingerprint256.replaceAll(':', '').toLowerCase()
  return { certificateId, certificatePem, privateKeyPem: readFileSync(privateKeyFile, 'utf8') }
}
