import type { DeviceRecord } from '#contract/index.ts'
import { certificateFolder, readWrittenCertificate, writeCertificate } from './certificate-files.ts'
import type { IssuedCertificate } from './certificates.ts'
import type { DeviceRegistry } from './device-registry.ts'

export interface CertificateResult extends IssuedCertificate {
  /** Where the two files are; absent when they were not written. */
  folder?: string
}

/**
 * Makes a certificate and attaches it to the thing. Written to files at once, so that an attempt that is cut off is taken up again with the
 * same certificate instead of leaving it behind.
 */
export async function issueDeviceCertificate(
  { certificates, place }: DeviceRegistry,
  options: { clientId: string; projectFolder: string; writeFiles: boolean; policiesOf?: string; fresh?: boolean },
): Promise<CertificateResult> {
  const { clientId, writeFiles } = options
  const folder = certificateFolder(options.projectFolder, place, clientId)
  const written = writeFiles && !options.fresh ? readWrittenCertificate(folder) : undefined
  const isUsable = written && (await certificates.status(written.certificateId)) === 'ACTIVE'
  const certificate = isUsable ? written : await certificates.issue()
  if (writeFiles && !isUsable) writeCertificate(folder, certificate)
  await certificates.attach(certificate.certificateId, clientId)
  if (options.policiesOf !== undefined) await certificates.grantRole(certificate.certificateId, options.policiesOf)
  return { ...certificate, ...(writeFiles && { folder }) }
}

/** Changes the record of a device that has got a certificate; one that no record names does not stay active. */
export async function replaceWithCertificate(
  { records, certificates }: DeviceRegistry,
  before: DeviceRecord,
  after: DeviceRecord,
  certificate: IssuedCertificate | undefined,
): Promise<void> {
  try {
    await records.replace(before, after)
  } catch (error) {
    if (certificate) await certificates.deactivate(certificate.certificateId)
    throw error
  }
}
