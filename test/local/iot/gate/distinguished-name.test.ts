import { expect, test } from 'vitest'
import { distinguishedName } from '../../../../local/iot/gate/distinguished-name.ts'

test('a distinguished name keeps what policy variables know, and names of the language mean nothing', () => {
  const text = ['C=DE', 'OU=one', 'OU=two', 'constructor=x', '__proto__=y', 'toString=z'].join('\n')

  expect(distinguishedName(text)).toEqual({ Country: ['DE'], OrganizationalUnit: ['one', 'two'] })
})
