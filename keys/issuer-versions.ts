import { type IssuerKey, issuerKeySchema } from '#contract/index.ts'

export type SecretStage = 'AWSCURRENT' | 'AWSPREVIOUS'

/**
 * The versions of the issuer secret in use, the current one first, as `signingKey` and `verificationKeys` want them. `read` gives the text
 * of a version, and undefined where nothing has the label: a new secret has no previous version.
 *
 * They are read one after the other: where a rotation comes between, the key that was current is among them either way. Read at once,
 * the new key could come with the one before the last, and the key that signs would be nobody's until the next read.
 */
export async function readIssuerVersions(
  read: (stage: SecretStage) => Promise<string | undefined>,
): Promise<IssuerKey[]> {
  const current = await read('AWSCURRENT')
  const previous = await read('AWSPREVIOUS')
  return [current, previous].flatMap((text) => (text ? [issuerKeySchema.parse(JSON.parse(text))] : []))
}
