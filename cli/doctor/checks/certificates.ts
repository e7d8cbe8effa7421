import { X509Certificate } from 'node:crypto'
import { certificateFolder, readWrittenCertificate } from '../../device/certificate-files.ts'
import { registryPlace } from '../../device/device-registry.ts'
import type { DeviceEndpoint, Examination } from '../examination.ts'
import { Problem } from '../problems.ts'
import type { Check } from '../run-checks.ts'
import { readAuthority, shakeHands } from '../tls-probe.ts'

const DAY_MS = 24 * 60 * 60 * 1_000

interface Dated {
  what: string
  certificate: X509Certificate
}

/** Dates of the servers' certificates, of the local authority, and of the device's own certificate where this machine has it. */
export const certificatesCheck: Check = {
  name: 'certificates',
  async run(examination) {
    const endpoints = await examination.endpoints()
    const authorities = [...new Set(endpoints.flatMap(({ caFile }) => caFile ?? []))].map(authorityOf)
    const servers = await Promise.all(endpoints.map(serverCertificate))
    const all = [...authorities, ...servers.flat(), ...deviceCertificate(examination)]
    for (const one of all) checkDates(one, examination.nowMs())
    if (all.length === 0) return 'none was shown'
    const [first] = all.map(endMs).sort((one, other) => one - other)
    return `the first of ${all.length} ends in ${Math.floor(((first ?? 0) - examination.nowMs()) / DAY_MS)} days`
  },
}

/** Nothing where there is no handshake to have: the next check tells. */
async function serverCertificate(endpoint: DeviceEndpoint): Promise<Dated[]> {
  const { certificate } = await shakeHands(endpoint, {}).catch(() => ({ certificate: undefined }))
  return certificate ? [{ what: `certificate of ${endpoint.host}:${endpoint.port}`, certificate }] : []
}

function authorityOf(file: string): Dated {
  return { what: 'certificate of the authority', certificate: new X509Certificate(readAuthority(file)) }
}

function deviceCertificate({ options, target }: Examination): Dated[] {
  const folder = certificateFolder(options.projectFolder, registryPlace(target()), options.clientId)
  const written = readWrittenCertificate(folder)
  const what = `certificate of ${options.clientId}`
  return written ? [{ what, certificate: new X509Certificate(written.certificatePem) }] : []
}

function checkDates({ what, certificate: { validFrom, validTo } }: Dated, nowMs: number): void {
  if (nowMs < Date.parse(validFrom)) {
    throw new Problem('certificate_not_yet_valid', `the ${what} is valid from ${validFrom}`)
  }
  if (nowMs > Date.parse(validTo)) throw new Problem('certificate_expired', `the ${what} was valid until ${validTo}`)
}

function endMs({ certificate }: Dated): number {
  return Date.parse(certificate.validTo)
}
