import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  compilePolicyDocuments,
  DEFAULT_ROOT,
  effectiveRights,
  type GrantableTopic,
  grantableTopics,
  type Identity,
} from '#contract/index.ts'
import { noteRights } from '../../../functions/authorizer/decision.ts'
import { createRightsFinder } from '../../../functions/authorizer/rights/find-rights.ts'
import { planRights } from '../../../functions/authorizer/rights/rights-plan.ts'
import { caseArbitrary } from '../../fixtures/permission-reference.ts'
import { ARN } from './set-up.ts'

const id = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[A-Za-z0-9:_-]{1,40}$/) },
  // words that patterns and topics hold, one another's, and too long ones
  { weight: 2, arbitrary: fc.constantFrom('me', 'a', 'b', 'x-1', 'r', 'g', 'jamey', 'memory', 'status', 'same') },
  { weight: 1, arbitrary: fc.constantFrom(':client-id:', ':device-id:', ':organization-id:') },
  { weight: 1, arbitrary: fc.stringMatching(/^[a-z]{100,128}$/) },
)
const identity: fc.Arbitrary<Identity> = fc.record(
  { clientId: id, organizationId: id, deviceId: id },
  { requiredKeys: ['clientId'] },
)

interface Lists {
  root: string
  role: readonly string[]
  token: readonly string[]
  catalogue: readonly GrantableTopic[]
}

/** Policy documents and note of the log of a device, or the code that refuses it. */
function outcomeOf(work: () => { rights: ReturnType<typeof effectiveRights>; note: object }, clientId: string) {
  try {
    const { rights, note } = work()
    return { rights, note, documents: compilePolicyDocuments(clientId, rights, ARN) }
  } catch (error) {
    return (error as { code?: string }).code ?? error
  }
}

function expectSame({ root, role, token, catalogue }: Lists, devices: readonly Identity[]): void {
  const find = createRightsFinder({ root, catalogue })
  for (const device of devices) {
    const direct = outcomeOf(() => {
      const lists = { rolePermissions: role, tokenPermissions: token }
      const rights = effectiveRights({ root, identity: device, catalogue, ...lists })
      return { rights, note: noteRights(rights, token, root, device) }
    }, device.clientId)
    const found = outcomeOf(
      () => find({ identity: device, role: { name: 'role', permissions: role }, tokenPermissions: token }),
      device.clientId,
    )
    expect(found).toEqual(direct)
  }
}

describe('rights that are found by a plan are those that are worked out directly', () => {
  test('for random catalogues, lists and devices', () => {
    fc.assert(
      fc.property(caseArbitrary, fc.array(identity, { minLength: 1, maxLength: 4 }), (drawn, devices) => {
        const catalogue = drawn.catalogue.map(({ template, ...open }) => ({ levels: template.split('/'), ...open }))
        expectSame({ root: 'r', role: drawn.role, token: drawn.token, catalogue }, devices)
      }),
      { numRuns: 2_000 },
    )
  })

  test('for the topics of the contract', () => {
    const level = fc.constantFrom(
      'jamey',
      '${root}',
      'memory',
      'responses',
      '+',
      '${clientId}',
      'status',
      'x-${clientId}',
      'me',
      '${deviceId}',
      ':client-id:',
    )
    const filter = fc
      .tuple(fc.array(level, { minLength: 1, maxLength: 5 }), fc.constantFrom('', '/#'))
      .map(([levels, end]) => `${levels.join('/')}${end}`)
    const pattern = fc
      .tuple(fc.constantFrom('', '', 'pub:', 'sub:', 'retain:', '!', '$share/g/', '$share/${clientId}/'), filter)
      .map((parts) => parts.join(''))
    const list = fc.array(fc.oneof(pattern, fc.constantFrom('${root}/#', 'org/${organizationId}/#')), { maxLength: 4 })
    fc.assert(
      fc.property(list, list, fc.array(identity, { minLength: 1, maxLength: 3 }), (role, token, devices) => {
        expectSame({ root: DEFAULT_ROOT, role, token, catalogue: grantableTopics(DEFAULT_ROOT) }, devices)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('a plan', () => {
  const whole = ['${root}/#', 'org/${organizationId}/device/${deviceId}/#']
  const input = {
    root: DEFAULT_ROOT,
    catalogue: grantableTopics(DEFAULT_ROOT),
    identity: { clientId: 'c', organizationId: 'o', deviceId: 'd' },
    rolePermissions: whole,
    tokenPermissions: ['jamey/memory/#', 'sub:jamey/responses/other'],
  }

  test('holds for ordinary devices', () => {
    const device = { clientId: 'sensor-7', organizationId: 'acme', deviceId: 'Sensor-7' }
    expect(planRights(input)?.rightsOf(device)).toEqual(effectiveRights({ ...input, identity: device }))
  })

  test.each<[string, Partial<Identity>]>([
    ['an id that a pattern spells out', { clientId: 'other' }],
    ['an id that is a level of a topic', { deviceId: 'store' }],
    ['two ids that are the same', { clientId: 'c', deviceId: 'c' }],
    ['an id that may outgrow a topic', { clientId: 'c'.repeat(256) }],
  ])('does not hold for %s', (_, ids) => {
    expect(planRights(input)?.rightsOf({ ...input.identity, ...ids })).toBeUndefined()
  })

  test('is not made where a placeholder is a part of its level, or a stand-in is written out', () => {
    expect(planRights({ ...input, tokenPermissions: ['jamey/responses/:client-id:'] })).toBeUndefined()
    expect(planRights({ ...input, tokenPermissions: ['jamey/x-${clientId}'] })).toBeUndefined()
  })
})
