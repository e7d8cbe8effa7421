import { describe, expect, test } from 'vitest'
import { parsePermission } from '#contract/index.ts'

const ROOT = 'jamey'
const OWN = { clientId: 'me', organizationId: 'acme', deviceId: 'Instance-1' }

describe('parsePermission', () => {
  test.each([
    ['', 'not empty'],
    ['pub:', 'not empty'],
    ['sub:', 'not empty'],
    ['!jamey/#', 'the prefix "!" is reserved'],
    ['retain:jamey/#', 'the prefix "retain:" is reserved'],
    ['jamey/#/x', '# stands alone'],
    ['jamey/x+', '+ stands alone'],
    ['$aws/things/+/shadow', 'reserved topics'],
    ['$share/group/jamey/#', 'reserved topics'],
    ['pub:$aws/#', 'reserved topics'],
    ['jamey/${user}/#', 'unknown placeholder user'],
    ['jamey/${}/#', 'unknown placeholder'],
    ['jamey/${client-id}/#', 'unknown placeholder client-id'],
    ['jamey/${__proto__}', 'unknown placeholder __proto__'],
    ['1/2/3/4/5/6/7/8/9', 'at most 7 slashes'],
    ['x'.repeat(257), 'at most 256 bytes'],
    ['jamey/\u0000', 'U+0000'],
  ])('refuses %j', (text, problem) => {
    expect(() => parsePermission(text, ROOT, OWN)).toThrow(
      expect.objectContaining({ code: 'permission_invalid', message: expect.stringContaining(problem) }),
    )
  })

  test('an illegal pattern is refused although its placeholder has no value', () => {
    expect(() => parsePermission('org/${organizationId}/#/x', ROOT, { clientId: 'me' })).toThrow(
      expect.objectContaining({ code: 'permission_invalid' }),
    )
  })

  test('reads prefixes and fills in placeholders', () => {
    expect(parsePermission('sub:${root}/responses/${clientId}', 'a/b', OWN)).toEqual({
      pattern: 'a/b/responses/me',
      publish: false,
      subscribe: true,
    })
    expect(parsePermission('jamey/#', ROOT, OWN)).toEqual({ pattern: 'jamey/#', publish: true, subscribe: true })
    expect(parsePermission('org/${organizationId}/#', ROOT, { clientId: 'me' })).toBeUndefined()
  })

  test('repeats at most 256 characters of what it refuses', () => {
    expect(() => parsePermission(`!${'x'.repeat(10_000)}`, ROOT, OWN)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{0,400}$/) }),
    )
  })
})
