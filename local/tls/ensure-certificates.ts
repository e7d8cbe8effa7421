import path from 'node:path'
import { privateFolder, readPair, type StoredCertificate, writePair } from './certificate-files.ts'
import { issueAuthority, issueCertificate } from './issue.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const AUTHORITY_LIFETIME_MS = 365 * DAY_MS
const CERTIFICATE_LIFETIME_MS = 90 * DAY_MS
const RENEW_BEFORE_MS = 7 * DAY_MS

// A space in the name keeps verifiers from reading it as a host name.
const AUTHORITY_SUBJECT = 'CN=mqtt-cloud-bridge local authority'
const CLIENT_SUBJECT = 'CN=local client'
const SERVER = { subject: 'CN=localhost', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] }

export interface CertificateSet {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
  readonly clientCertFile: string
  readonly clientKeyFile: string
  /** Something was created or renewed in this call. */
  readonly created: boolean
  /** When the first of authority, server and client certificate runs out. */
  readonly expiresAt: Date
}

export interface CertificateOptions {
  readonly folder: string
  /** Default: the machine's clock. */
  readonly clock?: { nowMs(): number }
  log?(entry: { level: 'info'; event: 'certificate_issued'; name: string; expiresAt: string }): void
}

/**
 * Makes sure that a development authority, a server certificate (localhost, 127.0.0.1, ::1) and a client certificate
 * exist in `folder` (mode 0700, keys 0600), all ECDSA P-256. Valid ones are kept; what is missing, broken, signed by another
 * authority or within 7 days of its end is renewed, and a renewed authority renews everything below it. Lifetimes: authority
 * 365 days, others 90. Use one caller at a time per folder. Rejects only with file system errors.
 */
export async function ensureCertificates(options: CertificateOptions): Promise<CertificateSet> {
  const { folder } = options
  const nowMs = options.clock?.nowMs() ?? Date.now()
  await privateFolder(folder)
  let created = false

  async function ensure(
    name: string,
    isGood: (stored: StoredCertificate) => boolean,
    issue: () => Promise<{ certificate: string; privateKey: string }>,
  ): Promise<StoredCertificate> {
    const files = {
      certificateFile: path.join(folder, `${name}.pem`),
      privateKeyFile: path.join(folder, `${name}-key.pem`),
    }
    const stored = await readPair(files)
    if (stored !== undefined && isCurrent(stored, nowMs) && isGood(stored)) return stored
    const issued = await writePair(files, await issue())
    created = true
    const expiresAt = new Date(issued.expiresAtMs).toISOString()
    options.log?.({ level: 'info', event: 'certificate_issued', name, expiresAt })
    return issued
  }

  const authority = await ensure(
    'ca',
    ({ parsed }) => parsed.ca && parsed.verify(parsed.publicKey),
    () => issueAuthority({ subject: AUTHORITY_SUBJECT, nowMs, lifetimeMs: AUTHORITY_LIFETIME_MS }),
  )
  const signedByAuthority = ({ parsed }: StoredCertificate): boolean =>
    parsed.checkIssued(authority.parsed) && parsed.verify(authority.parsed.publicKey)
  // Nothing outlives the authority that signed it.
  const lifetimeMs = Math.min(CERTIFICATE_LIFETIME_MS, authority.expiresAtMs - nowMs)
  const server = await ensure(
    'server',
    (stored) => signedByAuthority(stored) && SERVER.ipAddresses.every((ip) => stored.parsed.checkIP(ip) !== undefined),
    () => issueCertificate({ authority, nowMs, lifetimeMs, ...SERVER }),
  )
  const client = await ensure('client', signedByAuthority, () =>
    issueCertificate({ authority, nowMs, lifetimeMs, subject: CLIENT_SUBJECT }),
  )

  return {
    caFile: path.join(folder, 'ca.pem'),
    certFile: path.join(folder, 'server.pem'),
    keyFile: path.join(folder, 'server-key.pem'),
    clientCertFile: path.join(folder, 'client.pem'),
    clientKeyFile: path.join(folder, 'client-key.pem'),
    created,
    expiresAt: new Date(Math.min(authority.expiresAtMs, server.expiresAtMs, client.expiresAtMs)),
  }
}

function isCurrent({ parsed, expiresAtMs }: StoredCertificate, nowMs: number): boolean {
  return Date.parse(parsed.validFrom) <= nowMs && expiresAtMs - nowMs >= RENEW_BEFORE_MS
}
