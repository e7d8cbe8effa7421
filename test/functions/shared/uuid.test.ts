import fc from 'fast-check'
import { expect, test } from 'vitest'
import { uuidV5 } from '#functions/shared/uuid.ts'

const DNS_NAMESPACE = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'

test('gives the example of RFC 9562, appendix A.4', () => {
  expect(uuidV5(DNS_NAMESPACE, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2')
})

test('gives a UUID of version 5, the same for a name and another for another namespace', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.uuid(), (name, namespace) => {
      const id = uuidV5(namespace, name)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(uuidV5(namespace, name)).toBe(id)
      expect(uuidV5(id, name)).not.toBe(id)
    }),
  )
})
