import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clientKeyText, clientKeyVersion, deriveDeviceSecret } from '#keys/index.ts'

const masterSecret = 'master-secret-of-these-tests-0123456789'
const clientId = fc.stringMatching(/^[A-Za-z0-9:_-]{1,20}$/)
const keyVersion = fc.integer({ min: 1, max: 99 })

test('a client key is that of one device, and says its version', () => {
  fc.assert(
    fc.property(clientId, keyVersion, clientId, keyVersion, (id, version, otherId, otherVersion) => {
      const key = clientKeyText(masterSecret, id, version)
      const read = (one: string, of: string) => clientKeyVersion(one, { masterSecret, clientId: of })
      expect(read(key, id)).toBe(version)
      expect(read(key, otherId)).toBe(id === otherId ? version : undefined)
      const relabelled = key.replace(/^client-\d+/, `client-${otherVersion}`)
      expect(read(relabelled, id)).toBe(version === otherVersion ? version : undefined)
    }),
  )
})

test('it says nothing of the key that signs', () => {
  fc.assert(
    fc.property(clientId, keyVersion, clientId, (id, version, otherId) => {
      const [, secret] = clientKeyText(masterSecret, id, version).split('.')
      expect(secret).not.toBe(deriveDeviceSecret(masterSecret, otherId, version))
    }),
  )
})

test.each(['', 'client-1', 'client-0.x', 'client-1.é', `device-1.${'A'.repeat(43)}`, `client-1.${'A'.repeat(44)}`])(
  '"%s" is none',
  (text) => {
    expect(clientKeyVersion(text, { masterSecret, clientId: 'c' })).toBeUndefined()
  },
)
