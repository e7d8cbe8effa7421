import { describe, expect, test } from 'vitest'
import { parsePermission } from '#contract/index.ts'

const ROOT = 'jamey'
const OWN = { clientId: 'me', organizationId: 'acme', deviceId: 'Instance-1' }

describe('parsePermission', () => {
  test.each([
    ['', 'not empty'],
    ['pub:', 'not empty'],
    ['sub:', 'not empty'],
    ['!', 'not empty'],
    ['!retain:', 'not empty'],
    ['!!jamey/#', 'prefixes stand once'],
    ['pub:!jamey/#', 'prefixes stand once'],
    ['pub:sub:jamey/#', 'prefixes stand once'],
    ['!pub:!jamey/#', 'prefixes stand once'],
    ['!jamey/x+', '+ stands alone'],
    ['!$aws/#', 'reserved topics'],
    ['jamey/#/x', '# stands alone'],
    ['jamey/x+', '+ stands alone'],
    ['$aws/things/+/shadow', 'reserved topics'],
    ['$share/group', 'reserved topics'],
    ['$share/group/$aws/#', 'reserved topics'],
    ['$share/group/jamey/#/x', '# stands alone'],
    ['$share/*/jamey/#', 'a group fits'],
    ['$share/gro?p/jamey/#', 'a group fits'],
    ['!$share/group/jamey/#', '$share is for subscriptions'],
    ['pub:$share/group/jamey/#', '$share is for subscriptions'],
    ['retain:$share/group/jamey/#', '$share is for subscriptions'],
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

  test.each([
    ['jamey/#', { publish: true, subscribe: true, retain: false }],
    ['pub:jamey/#', { publish: true, subscribe: false, retain: false }],
    ['sub:jamey/#', { publish: false, subscribe: true, retain: false }],
    ['retain:jamey/#', { publish: true, subscribe: false, retain: true }],
    ['!jamey/#', { deny: true, publish: true, subscribe: true, retain: true }],
    ['!pub:jamey/#', { deny: true, publish: true, subscribe: false, retain: true }],
    ['!sub:jamey/#', { deny: true, publish: false, subscribe: true, retain: false }],
    ['!retain:jamey/#', { deny: true, publish: false, subscribe: false, retain: true }],
    ['$share/group/jamey/#', { group: 'group', publish: false, subscribe: true, retain: false }],
    ['sub:$share/group/jamey/#', { group: 'group', publish: false, subscribe: true, retain: false }],
  ])('reads the rights of %j', (text, rights) => {
    expect(parsePermission(text, ROOT, OWN)).toEqual({ pattern: 'jamey/#', deny: false, ...rights })
  })

  test('fills in placeholders', () => {
    expect(parsePermission('!sub:${root}/responses/${clientId}', 'a/b', OWN)?.pattern).toBe('a/b/responses/me')
    expect(parsePermission('$share/${organizationId}/jamey/${deviceId}', ROOT, OWN)).toMatchObject({
      group: 'acme',
      pattern: 'jamey/Instance-1',
    })
    expect(parsePermission('!org/${organizationId}/#', ROOT, { clientId: 'me' })).toBeUndefined()
  })

  test('repeats at most 256 characters of what it refuses', () => {
    expect(() => parsePermission(`!!${'x'.repeat(10_000)}`, ROOT, OWN)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{0,400}$/) }),
    )
  })
})
