/**
 * Attributes of a certificate's subject or issuer by their name in a policy variable (`CommonName`, `OrganizationalUnit` …), one value or
 * several in the order of the certificate; `AlternativeName` holds `RFC822Name`, `DNSName`, `DirectoryName`, `UniformResourceIdentifier`
 * and `IPAddress` in the same way.
 */
export interface CertificateAttributes {
  readonly [name: string]: string | readonly string[] | CertificateAttributes | undefined
}

/** What a policy may ask of a client certificate. */
export interface CertificateFacts {
  readonly certificateId?: string | undefined
  readonly serialNumber?: string | undefined
  readonly subject?: CertificateAttributes | undefined
  readonly issuer?: CertificateAttributes | undefined
}

/** "Certificate attributes that contain arrays are limited to five items. Additional items are ignored." */
export const MAX_ATTRIBUTE_VALUES = 5

const SPECIAL = /(?<!\\)[,"+=<>;]|\\(?![,"\\+=<>;])/g
const PREFIX = 'iot:Certificate.'

/**
 * The condition keys of a certificate: an attribute's own name is its first value, `.1` the second and so on (the page calls the
 * index one-based, its example shows that it counts from zero), `.List` all of them. `iot:Certificate.AvailableKeys` names the keys with a value.
 * Characters with a meaning in distinguished names carry a backslash, as policies must write them.
 * https://docs.aws.amazon.com/iot/latest/developerguide/cert-policy-variables.html
 */
export function certificateContext(certificate: CertificateFacts): Record<string, string | readonly string[]> {
  const { certificateId, serialNumber, subject, issuer } = certificate
  const keys: Record<string, string | readonly string[]> = {}
  if (serialNumber !== undefined) keys[`${PREFIX}SerialNumber`] = serialNumber
  addAttributes(keys, `${PREFIX}Subject`, subject)
  addAttributes(keys, `${PREFIX}Issuer`, issuer)
  const available = Object.keys(keys)
  return {
    ...keys,
    ...(certificateId !== undefined && { 'iot:CertificateId': certificateId }),
    ...(available.length > 0 && { [`${PREFIX}AvailableKeys`]: available }),
  }
}

function addAttributes(
  keys: Record<string, string | readonly string[]>,
  prefix: string,
  attributes: CertificateAttributes | undefined,
): void {
  for (const [name, given] of Object.entries(attributes ?? {})) {
    const key = `${prefix}.${name}`
    if (isNested(given)) addAttributes(keys, key, given)
    else if (given !== undefined) addValues(keys, key, typeof given === 'string' ? [given] : given)
  }
}

function addValues(keys: Record<string, string | readonly string[]>, key: string, given: readonly string[]): void {
  const values = given.slice(0, MAX_ATTRIBUTE_VALUES).map((value) => value.replace(SPECIAL, '\\$&'))
  const [first] = values
  if (first === undefined) return
  keys[key] = first
  keys[`${key}.List`] = values
  for (const [index, value] of values.entries()) keys[`${key}.${index}`] = value
}

function isNested(value: CertificateAttributes[string]): value is CertificateAttributes {
  return typeof value === 'object' && !Array.isArray(value)
}
