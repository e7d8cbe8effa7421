import * as z from 'zod'
import type { CertificateAttributes, CertificateFacts } from '#local/iot-policy/index.ts'

/** RFC 4519 short names, as certificate tools print them, and the names that policy variables have for them. */
const LONG_NAMES: Readonly<Record<string, string>> = {
  CN: 'CommonName',
  O: 'Organization',
  OU: 'OrganizationalUnit',
  C: 'Country',
  ST: 'State',
  SN: 'Surname',
  GN: 'GivenName',
}

const valuesSchema = z.union([z.string(), z.array(z.string())])
const alternativeNameSchema = z.record(z.string(), valuesSchema)
const attributesSchema = z
  .record(z.string(), z.union([valuesSchema, alternativeNameSchema]))
  .transform(
    (attributes): CertificateAttributes =>
      Object.fromEntries(Object.entries(attributes).map(([name, value]) => [LONG_NAMES[name] ?? name, value])),
  )

/** Attributes may also stand flat beside the others, as `Subject.CommonName` or `iot:Certificate.Subject.CommonName`. */
const FLAT = /^(?:iot:Certificate\.)?(subject|issuer)\.(.+?)(?:\.List)?$/i

/** A certificate of a case. */
export const certificateSchema = z
  .looseObject({
    certificateId: z.string().nullish(),
    id: z.string().nullish(),
    serialNumber: z.coerce.string().nullish(),
    subject: attributesSchema.nullish(),
    issuer: attributesSchema.nullish(),
    subjectAlternativeName: alternativeNameSchema.nullish(),
    issuerAlternativeName: alternativeNameSchema.nullish(),
  })
  .transform((given): CertificateFacts => {
    const flat = flatAttributes(given)
    return {
      certificateId: given.certificateId ?? given.id ?? undefined,
      serialNumber: given.serialNumber ?? undefined,
      subject: { ...flat.subject, ...given.subject, ...alternative(given.subjectAlternativeName) },
      issuer: { ...flat.issuer, ...given.issuer, ...alternative(given.issuerAlternativeName) },
    }
  })

function alternative(names: z.infer<typeof alternativeNameSchema> | null | undefined): CertificateAttributes {
  return names === null || names === undefined ? {} : { AlternativeName: names }
}

function flatAttributes(given: Record<string, unknown>) {
  const flat: Record<'subject' | 'issuer', Record<string, string | string[]>> = { subject: {}, issuer: {} }
  for (const [key, value] of Object.entries(given)) {
    const [, of, name] = FLAT.exec(key) ?? []
    const values = valuesSchema.safeParse(value)
    if (name !== undefined && values.success)
      flat[of?.toLowerCase() === 'subject' ? 'subject' : 'issuer'][name] = values.data
  }
  return flat
}
