import { matchesGlob } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readProvisioning } from '../../edge/configuration/provisioning-file.ts'
import { compileShellPattern } from '../../edge/topics/shell-pattern.ts'

describe('a shell-style pattern', () => {
  test.each([
    ['org/*', 'org/a/b', true],
    ['*', '', true],
    ['*command*', 'org/a/command/edge', true],
    ['org/?/x', 'org/a/x', true],
    ['org/?/x', 'org/ab/x', false],
    ['a?b', 'a/b', true],
    ['[a-c]x', 'bx', true],
    ['[a-c]x', 'dx', false],
    ['[!a-c]x', 'dx', true],
    ['[!a-c]x', 'ax', false],
    ['[]]x', ']x', true],
    ['[a', '[a', true],
    ['[a-]', '-', true],
    ['Org/*', 'org/a', false],
    ['a+b#', 'a+b#', true],
    ['a.b', 'axb', false],
    ['', '', true],
    ['', 'a', false],
    ['é?', 'é😀', true],
  ])('%j matches %j: %s', (pattern, topic, expected) => {
    expect(compileShellPattern(pattern)(topic)).toBe(expected)
  })

  test('agrees with that of the shell where no slash is', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 }).map((parts) => parts.join(''))
    const pattern = fc
      .array(fc.constantFrom('a', 'b', '*', '?', '[ab]', '[a-c]'), { maxLength: 6 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(pattern, text, (one, topic) => {
        // an empty name is none to the shell
        if (topic !== '' && one !== '') expect(compileShellPattern(one)(topic)).toBe(matchesGlob(topic, one))
      }),
    )
  })

  test('that is made to take long is matched in as many steps as it is long', () => {
    const matches = compileShellPattern('*a'.repeat(128))
    expect(matches(`${'a'.repeat(255)}b`)).toBe(false)
    expect(matches('a'.repeat(256))).toBe(true)
  })
})

describe('a provisioning file', () => {
  test.each([
    [{ thing: { lastReported: { organizationId: 'a' } }, state: { reported: { organizationId: 'b' } } }, 'a'],
    [{ thing: { lastReported: {} }, state: { reported: { organizationId: 'b' } } }, 'b'],
    [{ state: { desired: { organizationId: 'c' } } }, 'c'],
    [{ shadow: { state: { reported: { organizationId: 'd' } } } }, 'd'],
    [{ state: { reported: { organizationId: 'not legal/' }, desired: { organizationId: 'e' } } }, 'e'],
    [{ thing: 'x', state: [], shadow: 7 }, undefined],
    [{}, undefined],
  ])('%j names the organization %s', (file, expected) => {
    expect(readProvisioning(JSON.stringify(file)).organizationId).toBe(expected)
  })

  test.each(['', '{', '[]', 'null'])('that holds %j is not read', (text) => {
    expect(() => readProvisioning(text)).toThrow()
  })
})
