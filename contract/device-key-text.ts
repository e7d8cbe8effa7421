const KEY_TEXT = /^(device-[1-9]\d{0,8})\.([A-Za-z0-9_-]{43})$/

/**
 * Takes a device key, `device-<key version>.<secret>`, apart into what signs a token: the `kid` of its header, and the secret, whose text (not the
 * bytes behind it) is the HS256 key. Undefined when the text is no device key.
 */
export function parseDeviceKey(text: string): { kid: string; secret: string } | undefined {
  const [, kid, secret] = KEY_TEXT.exec(text.trim()) ?? []
  return kid === undefined || secret === undefined ? undefined : { kid, secret }
}
