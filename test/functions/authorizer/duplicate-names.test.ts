import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { hasDuplicateNames } from '../../../functions/authorizer/token/duplicate-names.ts'

test.each([
  '{"a":1,"a":2}',
  '{"a":1,"b":{},"a":2}',
  '{ "a" : 1 , "a" : 2 }',
  '{"a":1,"\\u0061":2}',
  '{"x":{"a":1,"a":2}}',
  '[{"a":1},{"b":[{"c":1,"c":1}]}]',
  '{"":1,"":2}',
  '{"a\\"":1,"a\\"":2}',
  '{"__proto__":1,"__proto__":2}',
])('%s has one', (json) => {
  expect(hasDuplicateNames(json)).toBe(true)
})

test.each([
  '{"a":"a","b":"a"}',
  '{"a":["a","a"]}',
  '{"a":{"a":{"a":1}}}',
  '[{"a":1},{"a":1}]',
  '{"a":"{\\"a\\":1,\\"a\\":2}"}',
  '"a"',
  '1',
])('%s has none', (json) => {
  expect(hasDuplicateNames(json)).toBe(false)
})

test('no text that JSON.stringify writes has one, and each has one when a name is put in again', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.jsonValue(), (object, value) => {
      for (const text of [JSON.stringify(object), JSON.stringify(object, null, 2)]) {
        expect(hasDuplicateNames(text)).toBe(false)
        const [name] = Object.keys(JSON.parse(text) as object)
        const again = `{${JSON.stringify(name)}:${JSON.stringify(value)},${text.slice(1)}`
        expect(hasDuplicateNames(again)).toBe(true)
      }
    }),
  )
})
