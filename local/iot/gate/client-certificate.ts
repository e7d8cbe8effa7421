import { X509Certificate } from 'node:crypto'
import type { CertificateFacts } from '../../iot-policy/index.ts'
import type { Certificate, IotRegistry } from '../registry.ts'
import { distinguishedName } from './distinguished-name.ts'

export type CheckedCertificate = { ok: true; pem: string; registered: Certificate; facts: CertificateFacts } | Refused
type Refused = { ok: false; reason: string }

/**
 * Decides whether a certificate, whose key the client has proved to hold, is one of this account's: registered, ACTIVE and within its dates.
 * One that was registered under an authority must be signed by it still, while it is ACTIVE.
 * https://docs.aws.amazon.com/iot/latest/developerguide/x509-client-certs.html
 */
export function checkClientCertificate(
  pem: string | undefined,
  { certificates, authorities }: Pick<IotRegistry, 'certificates' | 'authorities'>,
  nowMs: number,
): CheckedCertificate {
  const refuse = (reason: string): Refused => ({ ok: false, reason })
  if (pem === undefined) return refuse('the client has no certificate')
  const parsed = new X509Certificate(pem)
  const certificateId = certificateIdOf(parsed)
  const registered = certificates.get(certificateId)
  if (!registered) return refuse(`certificate ${certificateId} is not registered`)
  if (registered.status !== 'ACTIVE') return refuse(`certificate ${certificateId} is ${registered.status}`)
  if (nowMs < Date.parse(parsed.validFrom)) return refuse(`certificate ${certificateId} is not valid yet`)
  if (nowMs > Date.parse(parsed.validTo)) return refuse(`certificate ${certificateId} has expired`)
  if (registered.caCertificateId !== undefined) {
    const authority = authorities.get(registered.caCertificateId)
    if (authority?.status !== 'ACTIVE') return refuse(`the authority of certificate ${certificateId} is not active`)
    if (!isSignedBy(parsed, new X509Certificate(authority.pem))) {
      return refuse(`certificate ${certificateId} is not signed by its authority`)
    }
  }
  const facts = {
    certificateId,
    serialNumber: parsed.serialNumber,
    subject: distinguishedName(parsed.subject),
    issuer: distinguishedName(parsed.issuer),
  }
  return { ok: true, pem, registered, facts }
}

/** SHA-256 of the DER in hex: what the service calls the id, and under custom authentication the principal. */
export function certificateIdOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase()
}

function isSignedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
}

/** Why a certificate opens nothing, or undefined. */
export function certificateProblem(
  pem: string,
  registry: Pick<IotRegistry, 'certificates' | 'authorities'>,
  nowMs: number,
): string | undefined {
  const checked = checkClientCertificate(pem, registry, nowMs)
  return checked.ok ? undefined : checked.reason
}
