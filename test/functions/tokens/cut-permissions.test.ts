import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { effectiveRights, type Identity } from '#contract/index.ts'
import { cutPermissions } from '../../../functions/tokens/cut-permissions.ts'

const ROOT = 'jamey'
const IDENTITY: Identity = { clientId: 'c1', organizationId: 'acme', deviceId: 'd1' }
const cut = (rolePermissions: string[], requested: string[]) =>
  cutPermissions({ root: ROOT, identity: IDENTITY, rolePermissions, requested })
const rights = (rolePermissions: readonly string[], tokenPermissions: readonly string[]) =>
  effectiveRights({ root: ROOT, identity: IDENTITY, rolePermissions, tokenPermissions })

describe('permissions are cut to the role', () => {
  test('what the role covers stays as it is', () => {
    const requested = ['jamey/memory/#', 'sub:jamey/responses/${clientId}', '!jamey/events/errors']

    expect(cut(['${root}/#'], requested)).toEqual({
      permissions: ['!jamey/events/errors', 'jamey/memory/#', 'sub:jamey/responses/${clientId}'],
      cut: [],
    })
  })

  test('of a wider pattern the part that the role has is named', () => {
    expect(cut(['sub:${root}/events/#'], ['jamey/#'])).toEqual({
      permissions: ['sub:jamey/events/#'],
      cut: ['jamey/#'],
    })
  })

  test('what the role covers and has groups or RETAIN beside is not cut', () => {
    for (const role of [
      ['jamey/#', '$share/operators/jamey/#'],
      ['jamey/#', 'retain:jamey/#'],
    ]) {
      for (const requested of ['jamey/events/#', 'pub:jamey/events/status', 'sub:jamey/events/#']) {
        expect(cut(role, [requested])).toEqual({ permissions: [requested], cut: [] })
      }
    }
    expect(cut(['jamey/#'], ['retain:jamey/events/status']).cut).toEqual(['retain:jamey/events/status'])
  })

  test('of a foreign one nothing is left', () => {
    expect(cut(['sub:${root}/events/#'], ['pub:jamey/memory/store'])).toEqual({
      permissions: [],
      cut: ['pub:jamey/memory/store'],
    })
  })

  test('what the role denies is left out, and stays denied', () => {
    const { permissions } = cut(['${root}/events/#', '!pub:${root}/events/errors'], ['pub:jamey/events/#'])

    expect(permissions).toEqual(['!pub:${root}/events/errors', 'pub:jamey/events/heartbeat', 'pub:jamey/events/status'])
  })

  test('the right to RETAIN is named where the role has it', () => {
    const { permissions } = cut(['retain:${root}/events/status'], ['retain:jamey/events/#'])

    expect(permissions).toEqual(['retain:jamey/events/status'])
  })

  test('an illegal pattern has its code', () => {
    expect(() => cut(['${root}/#'], ['jamey/#/x'])).toThrow(expect.objectContaining({ code: 'permission_invalid' }))
  })
})

const level = fc.constantFrom('jamey', 'events', 'status', 'errors', 'memory', 'store', 'responses', 'c1', 'c2', '+')
const filter = fc
  .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([levels, isOpen]) => ['jamey', ...levels, ...(isOpen ? ['#'] : [])].join('/'))
const pattern = fc
  .tuple(fc.constantFrom('', '', '!'), fc.constantFrom('', 'pub:', 'sub:', 'retain:'), filter)
  .map((parts) => parts.join(''))
const others = ['jamey/#', '${root}/+/${clientId}', '$share/g/jamey/events/#', '$share/h/jamey/#']
const patterns = fc.array(fc.oneof(pattern, fc.constantFrom(...others)), {
  minLength: 1,
  maxLength: 4,
})

test('a filter that is wider than a denial of the role is named with the denial', () => {
  expect(cut(['jamey/#', '!jamey/responses/#'], ['sub:jamey/#']).permissions).toEqual([
    '!jamey/responses/#',
    'sub:jamey/#',
  ])
})

describe('for any role and any request', () => {
  test('the token has the rights that were asked for and the role has', () => {
    fc.assert(
      fc.property(patterns, patterns, (role, requested) => {
        const { permissions } = cut(role, requested)
        expect(rights(role, permissions)).toEqual(rights(role, requested))
      }),
    )
  })

  test('and by itself it is never wider than the role', () => {
    fc.assert(
      fc.property(patterns, patterns, (role, requested) => {
        const { permissions } = cut(role, requested)
        const alone = rights(permissions, permissions)
        const ofRole = rights(role, role)
        for (const right of ['publish', 'retain', 'receive', 'subscribe'] as const) {
          expect(alone[right].filter((one) => !ofRole[right].includes(one))).toEqual([])
        }
      }),
    )
  })
})
