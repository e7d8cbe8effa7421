import type { CertificateAttributes } from '../../iot-policy/index.ts'

/** Policy variables by what a distinguished name calls its parts. https://docs.aws.amazon.com/iot/latest/developerguide/cert-policy-variables.html */
const NAMES = new Map(
  Object.entries({
    dnQualifier: 'DistinguishedNameQualifier',
    C: 'Country',
    O: 'Organization',
    OU: 'OrganizationalUnit',
    ST: 'State',
    CN: 'CommonName',
    serialNumber: 'SerialNumber',
    title: 'Title',
    SN: 'Surname',
    GN: 'GivenName',
    initials: 'Initials',
    pseudonym: 'Pseudonym',
    generationQualifier: 'GenerationQualifier',
  }),
)

/** Reads a name as node:crypto prints it, one part a line. Parts without a variable are left out. */
export function distinguishedName(text: string | undefined): CertificateAttributes {
  const attributes: Record<string, string[]> = {}
  for (const line of (text ?? '').split('\n')) {
    const equals = line.indexOf('=')
    const name = NAMES.get(line.slice(0, equals))
    if (name !== undefined) attributes[name] = [...(attributes[name] ?? []), line.slice(equals + 1)]
  }
  return attributes
}
