import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { issueCertificate, type KeyedCertificate } from '../tls/index.ts'

/** As long as the development authority lasts at most; the service's own certificates last longer than devices do. */
const LIFETIME_MS = 365 * 24 * 60 * 60 * 1_000
/** https://docs.aws.amazon.com/iot/latest/developerguide/device-certs-create.html */
const SUBJECT = 'CN=AWS IoT Certificate'

/** What the service's own authority does for an account: here the development authority of the folder signs. */
export async function issueClientCertificate(certificatesFolder: string): Promise<KeyedCertificate> {
  const [certificate, privateKey] = await Promise.all(
    ['ca.pem', 'ca-key.pem'].map((file) => readFile(join(certificatesFolder, file), 'utf8')),
  )
  if (certificate === undefined || privateKey === undefined)
    throw new TypeError('the development authority has two files')
  const authority = { certificate, privateKey }
  return issueCertificate({ authority, subject: SUBJECT, nowMs: Date.now(), lifetimeMs: LIFETIME_MS })
}
