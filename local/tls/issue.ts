import type { webcrypto } from 'node:crypto'
import { loadX509, type X509 } from './load-x509.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
// A peer whose clock is a little behind must not find a fresh certificate "not yet valid".
const BACKDATE_MS = 60 * 60 * 1000
const SERIAL_NUMBER_BYTES = 16

/** A certificate and its private key (PKCS#8), both in PEM. */
export interface KeyedCertificate {
  readonly certificate: string
  readonly privateKey: string
}

/** Creates a self-signed authority that may sign end certificates only (path length 0). */
export async function issueAuthority(options: {
  subject: string
  nowMs: number
  lifetimeMs: number
}): Promise<KeyedCertificate> {
  const x509 = await loadX509()
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: options.subject,
    keys,
    serialNumber: newSerialNumber(),
    signingAlgorithm: ALGORITHM,
    ...validity(options),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: `${certificate.toString('pem')}\n`, privateKey: await exportKey(x509, keys.privateKey) }
}

/** Creates an end certificate for TLS servers (`dnsNames`, `ipAddresses`) or, without names, for TLS clients. */
export async function issueCertificate(options: {
  authority: KeyedCertificate
  subject: string
  nowMs: number
  lifetimeMs: number
  dnsNames?: readonly string[]
  ipAddresses?: readonly string[]
}): Promise<KeyedCertificate> {
  const x509 = await loadX509()
  const keys = await newKeys()
  const authority = new x509.X509Certificate(options.authority.certificate)
  const names = [
    ...(options.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(options.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ]
  const purpose = names.length > 0 ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth
  const certificate = await x509.X509CertificateGenerator.create({
    subject: options.subject,
    issuer: authority.subjectName,
    publicKey: keys.publicKey,
    signingKey: await importKey(x509, options.authority.privateKey),
    serialNumber: newSerialNumber(),
    signingAlgorithm: ALGORITHM,
    ...validity(options),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([purpose]),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  })
  return { certificate: `${certificate.toString('pem')}\n`, privateKey: await exportKey(x509, keys.privateKey) }
}

function validity({ nowMs, lifetimeMs }: { nowMs: number; lifetimeMs: number }): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(nowMs - BACKDATE_MS), notAfter: new Date(nowMs + lifetimeMs) }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

/** Positive, so that the DER integer needs no more bytes than RFC 5280 section 4.1.2.2 allows. */
function newSerialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SERIAL_NUMBER_BYTES))
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return Buffer.from(bytes).toString('hex')
}

async function exportKey(x509: X509, key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`
}

function importKey(x509: X509, pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = x509.PemConverter.decode(pem)
  if (der === undefined) throw new TypeError('expected a private key in PEM, got no PEM block')
  return crypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign'])
}
