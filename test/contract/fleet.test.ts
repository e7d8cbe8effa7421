import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compilePolicyDocuments, DEFAULT_ROOT, effectiveRights, parseFleet } from '#contract/index.ts'

const FILE: unknown = JSON.parse(readFileSync(new URL('../../fleet.json', import.meta.url), 'utf8'))
const ROLE = { permissions: ['${root}/#'] }
const DEVICE = { clientId: 'one', role: 'agent' }

const fleetOf = (changes: Record<string, unknown>) => ({ roles: { agent: ROLE }, devices: [DEVICE], ...changes })

describe('fleet.json of the repository', () => {
  test('is a fleet under any root', () => {
    expect(Object.keys(parseFleet(FILE, DEFAULT_ROOT).roles)).toEqual(['agent', 'observer', 'operator'])
    expect(parseFleet(FILE, 'plant/7').devices.length).toBeGreaterThan(0)
  })

  test('gives every device rights that fit into policy documents', () => {
    const { roles, devices } = parseFleet(FILE, DEFAULT_ROOT)
    for (const { role, ...identity } of devices) {
      const permissions = roles[role]?.permissions ?? []
      const rights = effectiveRights({
        root: DEFAULT_ROOT,
        identity,
        rolePermissions: permissions,
        tokenPermissions: permissions,
      })
      expect(rights.receive.length).toBeGreaterThan(0)
      expect(
        compilePolicyDocuments(identity.clientId, rights, 'arn:aws:iot:eu-west-1:123456789012').length,
      ).toBeGreaterThan(0)
    }
  })

  test('an observer publishes nothing', () => {
    const permissions = parseFleet(FILE, DEFAULT_ROOT).roles.observer?.permissions ?? []
    const rights = effectiveRights({
      root: DEFAULT_ROOT,
      identity: { clientId: 'o' },
      rolePermissions: permissions,
      tokenPermissions: ['#'],
    })
    expect(rights.publish).toEqual([])
  })
})

describe('parseFleet', () => {
  test.each([
    ['nothing', undefined, 'expected object'],
    ['an unknown key', fleetOf({ rolls: {} }), 'Unrecognized key: "rolls"'],
    ['an unknown key of a device', fleetOf({ devices: [{ ...DEVICE, id: 1 }] }), 'devices.0: Unrecognized key: "id"'],
    ['an illegal client id', fleetOf({ devices: [{ ...DEVICE, clientId: 'a/b' }] }), 'devices.0.clientId'],
    ['an illegal organization', fleetOf({ devices: [{ ...DEVICE, organizationId: '+' }] }), 'devices.0.organizationId'],
    ['a client id that stands twice', fleetOf({ devices: [DEVICE, DEVICE] }), 'device "one" stands twice'],
    ['an undefined role', fleetOf({ devices: [{ ...DEVICE, role: 'admin' }] }), 'undefined role "admin"'],
    [
      'an inherited name as role',
      fleetOf({ devices: [{ ...DEVICE, role: 'constructor' }] }),
      'undefined role "constructor"',
    ],
    [
      '51 devices',
      fleetOf({ devices: Array.from({ length: 51 }, (_, n) => ({ ...DEVICE, clientId: `c${n}` })) }),
      'devices',
    ],
    ['a role without permissions', fleetOf({ roles: { agent: { permissions: [] } } }), 'roles.agent.permissions'],
    ['65 permissions', fleetOf({ roles: { agent: { permissions: Array(65).fill('a') } } }), 'roles.agent.permissions'],
    [
      'a role that grants no topic',
      fleetOf({ roles: { agent: { permissions: ['other/#'] } } }),
      'role "agent": it grants no topic',
    ],
    [
      'an illegal pattern',
      fleetOf({ roles: { agent: { permissions: ['jamey/#/x'] } } }),
      'role "agent": permission "jamey/#/x"',
    ],
    [
      'an unknown placeholder',
      fleetOf({ roles: { agent: { permissions: ['${clientid}/#'] } } }),
      'unknown placeholder clientid',
    ],
    [
      'a role that denies all it grants',
      fleetOf({ roles: { agent: { permissions: ['jamey/#', '!jamey/#'] } } }),
      'grants no topic',
    ],
    [
      'a role whose rights are too many',
      fleetOf({ roles: { agent: { permissions: ['#'] } } }),
      'role "agent": the rights take',
    ],
    [
      'an unknown method',
      fleetOf({ roles: { agent: { ...ROLE, api: { methods: ['TRACE'], paths: ['/'] } } } }),
      'roles.agent.api.methods.0',
    ],
    [
      'a path with a query',
      fleetOf({ roles: { agent: { ...ROLE, api: { methods: ['GET'], paths: ['/a?b'] } } } }),
      'roles.agent.api.paths.0',
    ],
  ])('refuses %s', (_, input, problem) => {
    expect(() => parseFleet(input, DEFAULT_ROOT)).toThrow(
      expect.objectContaining({ code: 'fleet_invalid', message: expect.stringContaining(problem) }),
    )
  })

  test('fills in attributes', () => {
    expect(parseFleet(fleetOf({}), DEFAULT_ROOT).devices).toEqual([{ ...DEVICE, attributes: {} }])
  })
})
