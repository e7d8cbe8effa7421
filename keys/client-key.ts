import { createHmac, timingSafeEqual } from 'node:crypto'

const KEY_TEXT = /^client-([1-9]\d{0,8})\.[A-Za-z0-9_-]{43}$/

/**
 * What a device shows the token service when it must not hold a key that signs: `client-<key version>.<secret>`. The secret is base64url of
 * HMAC-SHA256(master, "client-key" ‖ 0x00 ‖ client id ‖ 0x00 ‖ key version as decimal text). Nothing can be signed with it, and
 * renewing the device key makes it worthless too.
 */
export function clientKeyText(masterSecret: string, clientId: string, keyVersion: number): string {
  const secret = createHmac('sha256', masterSecret).update(`client-key\0${clientId}\0${keyVersion}`).digest('base64url')
  return `client-${keyVersion}.${secret}`
}

/**
 * The key version of a text that is a client key of this device; undefined for any other text. It takes a time that does not depend on where the text
 * differs, and no record: whether the version is still in use is for the record to say.
 */
export function clientKeyVersion(text: string, device: { masterSecret: string; clientId: string }): number | undefined {
  const [, version] = KEY_TEXT.exec(text) ?? []
  if (version === undefined) return undefined
  const expected = Buffer.from(clientKeyText(device.masterSecret, device.clientId, Number(version)))
  const given = Buffer.from(text)
  return given.length === expected.length && timingSafeEqual(given, expected) ? Number(version) : undefined
}
