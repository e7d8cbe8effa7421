import { createHmac } from 'node:crypto'

const KEY_ID = /^device-([1-9]\d{0,8})$/

/** `kid` of the tokens that a device signs itself. */
export function deviceKeyId(keyVersion: number): string {
  return `device-${keyVersion}`
}

/** The key version in a `kid`; undefined when it is not that of a device key. */
export function keyVersionOf(kid: string | undefined): number | undefined {
  const [, version] = KEY_ID.exec(kid ?? '') ?? []
  return version === undefined ? undefined : Number(version)
}

/**
 * The secret of one device: base64url of HMAC-SHA256(master, client id ‖ 0x00 ‖ key version as decimal text), 43 characters. It is the text,
 * not the bytes behind it, that signs with HS256, so that any JWT library can be given it as a string. No client id holds a zero byte, so two devices
 * never share a key.
 */
export function deriveDeviceSecret(masterSecret: string, clientId: string, keyVersion: number): string {
  return createHmac('sha256', masterSecret).update(`${clientId}\0${keyVersion}`).digest('base64url')
}

/** What a device is given: `device-<key version>.<secret>`; `parseDeviceKey` of the contract takes it apart. */
export function deviceKeyText(masterSecret: string, clientId: string, keyVersion: number): string {
  return `${deviceKeyId(keyVersion)}.${deriveDeviceSecret(masterSecret, clientId, keyVersion)}`
}
