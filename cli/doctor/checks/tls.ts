import type { DeviceEndpoint } from '../examination.ts'
import { Problem } from '../problems.ts'
import type { Check } from '../run-checks.ts'
import { type Handshake, shakeHands } from '../tls-probe.ts'

/** Each endpoint speaks TLS 1.3 and nothing below, with a certificate of its name from an authority that is trusted. */
export const tlsCheck: Check = {
  name: 'tls',
  async run(examination) {
    const endpoints = await examination.endpoints()
    for (const endpoint of endpoints) await checkEndpoint(endpoint)
    return `TLS 1.3 only, trusted, ${[...new Set(endpoints.map(({ host }) => host))].join(', ')}`
  },
}

async function checkEndpoint(endpoint: DeviceEndpoint): Promise<void> {
  const { host, port } = endpoint
  const fail = (code: 'tls_version_old' | 'tls_chain_untrusted' | 'tls_name_mismatch' | 'tls_failed', text: string) =>
    new Problem(code, `${host}:${port} ${text}`, { host })
  const [current, old] = await Promise.all([
    attempt(endpoint, { minVersion: 'TLSv1.3' }),
    attempt(endpoint, { maxVersion: 'TLSv1.2' }),
  ])
  if (!current && old) throw fail('tls_version_old', `speaks ${old.protocol} and no TLS 1.3`)
  if (!current) throw fail('tls_failed', 'shakes no hands')
  if (old) throw fail('tls_version_old', `takes ${old.protocol} as well`)
  const { distrust } = current
  if (distrust === undefined) return
  if (distrust.includes('ERR_TLS_CERT_ALTNAME_INVALID') || distrust.startsWith('Hostname/IP')) {
    throw fail('tls_name_mismatch', 'shows the certificate of another name')
  }
  throw fail('tls_chain_untrusted', `is not trusted: ${distrust}`)
}

async function attempt(
  endpoint: DeviceEndpoint,
  versions: Parameters<typeof shakeHands>[1],
): Promise<Handshake | undefined> {
  return shakeHands(endpoint, versions).catch(() => undefined)
}
