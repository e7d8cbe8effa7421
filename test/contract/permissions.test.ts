import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  effectiveRights,
  type Identity,
  resolveTopic,
  TOPIC_KEYS,
  topicDefinition,
  topicTemplate,
} from '#contract/index.ts'
import { referenceContains, referenceGeneralisations, referenceMatches } from '../fixtures/topic-reference.ts'

const ROOT = 'jamey'
const OWN = { clientId: 'me', organizationId: 'acme', deviceId: 'Instance-1' } satisfies Identity
const IDENTIFIERS = ['me', 'you', 'acme', 'globex', 'Instance-1', 'Instance-2']
const MAXIMUM = ['#', 'jamey/#', 'org/#', 'org/${organizationId}/device/${deviceId}/#']

/** Every topic of the contract with every known identifier at every parameter. */
const UNIVERSE = TOPIC_KEYS.flatMap((key) => {
  let topics = [topicTemplate(ROOT, key)]
  while (topics.some((topic) => topic.includes('{'))) {
    topics = topics.flatMap((topic) => IDENTIFIERS.map((identifier) => topic.replace(/\{\w+\}/, identifier)))
  }
  return [...new Set(topics)].map((topic) => ({ key, topic }))
})

function inCatalogue(topic: string): { key: (typeof TOPIC_KEYS)[number]; topic: string } {
  const key = TOPIC_KEYS.find((one) => referenceMatches(topicTemplate(ROOT, one).replace(/\{\w+\}/g, '+'), topic))
  if (!key) throw new Error(`${topic} is granted, but no topic of the contract`)
  return { key, topic }
}

const permissionArbitrary = fc
  .tuple(
    fc.constantFrom('', '', 'pub:', 'sub:'),
    fc.oneof(
      fc.constantFrom(...MAXIMUM, '+/#', '+/+/+', 'jamey/+/query', 'jamey/memory/#', 'jamey/responses/${clientId}'),
      fc.constantFrom('org/+/device/you/command', 'org/globex/device/+/response', 'org/globex/device/Instance-2/#'),
      fc.constantFrom('jamey/devices/you/#', 'jamey/devices/+/requests', '${root}/responses/you', 'other/#', 'jamey'),
      fc.constantFrom(...UNIVERSE.map(({ topic }) => topic)),
      fc
        .tuple(
          fc.constantFrom(...UNIVERSE),
          fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
          fc.option(fc.nat(5)),
        )
        .map(([{ topic }, mask, cut]) => {
          const levels = topic.split('/').map((level, index) => (mask[index] ? '+' : level))
          return (cut === null || cut >= levels.length ? levels : [...levels.slice(0, cut), '#']).join('/')
        }),
    ),
  )
  .map(([prefix, filter]) => `${prefix}${filter}`)
const permissions = fc.array(permissionArbitrary, { maxLength: 5 })
const identities = fc.constantFrom<Identity>(
  OWN,
  { clientId: 'me' },
  { clientId: 'me', organizationId: 'acme' },
  { clientId: 'me', deviceId: 'Instance-1' },
)

interface Grant {
  filter: string
  publish: boolean
  subscribe: boolean
}

/** Reads a permission in the plainest way; the texts above are all legal. */
function grantsOf(texts: readonly string[], identity: Identity): Grant[] {
  return texts.flatMap((text) => {
    const values: Record<string, string | undefined> = { root: ROOT, ...identity }
    let isKnown = true
    const filter = text.replace(/^(pub|sub):/, '').replace(/\$\{(\w+)\}/g, (_, name: string) => {
      isKnown &&= values[name] !== undefined
      return values[name] ?? ''
    })
    return isKnown ? [{ filter, publish: !text.startsWith('sub:'), subscribe: !text.startsWith('pub:') }] : []
  })
}

/** The decision of the design for one concrete topic, level by level. */
function isGranted(
  { key, topic }: { key: (typeof TOPIC_KEYS)[number]; topic: string },
  access: 'publish' | 'subscribe',
  role: Grant[],
  token: Grant[],
  identity: Identity,
): boolean {
  const { direction, handledBy, workflow } = topicDefinition(key)
  const open = {
    publish: direction === 'toCloud' ? (handledBy ?? workflow) !== undefined : direction === 'shared',
    subscribe: direction !== 'toCloud',
  }
  if (!open[access]) return false
  const template = topicTemplate(ROOT, key).split('/')
  const byRole = role.some(({ filter, ...grant }) => {
    const pattern = filter.split('/')
    return (
      grant[access] &&
      referenceMatches(filter, topic) &&
      topic.split('/').every((value, index) => {
        const level = template[index] ?? ''
        if (!level.startsWith('{')) return true
        const own = Object.entries(identity).find(([name]) => `{${name}}` === level)?.[1]
        const isSpelledOut = template.slice(0, index).every((one, at) => one.startsWith('{') || pattern[at] === one)
        return value === own || (pattern[index] === value && isSpelledOut)
      })
    )
  })
  return byRole && token.some(({ filter, ...grant }) => grant[access] && referenceMatches(filter, topic))
}

describe('effectiveRights', () => {
  test('grants exactly the topics that role, token, catalogue and direction have in common', () => {
    let granted = 0
    fc.assert(
      fc.property(permissions, permissions, identities, (rolePermissions, tokenPermissions, identity) => {
        const rights = effectiveRights({ root: ROOT, identity, rolePermissions, tokenPermissions })
        const role = grantsOf(rolePermissions, identity)
        const token = grantsOf(tokenPermissions, identity)
        for (const [access, topics] of [
          ['publish', rights.publish],
          ['subscribe', rights.receive],
        ] as const) {
          // a pattern may spell any word as another client's id, so what is granted can lie outside the universe
          const judged = new Map([...UNIVERSE, ...topics.map(inCatalogue)].map((one) => [one.topic, one]))
          const expected = [...judged.values()].filter((one) => isGranted(one, access, role, token, identity))
          expect(topics).toEqual(expected.map((one) => one.topic).sort())
        }
        granted += rights.publish.length + rights.receive.length
      }),
      { numRuns: 400 },
    )
    expect(granted).toBeGreaterThan(100)
  })

  test('allows exactly the documented set of subscribe filters', () => {
    fc.assert(
      fc.property(permissions, permissions, identities, (rolePermissions, tokenPermissions, identity) => {
        const rights = effectiveRights({ root: ROOT, identity, rolePermissions, tokenPermissions })
        const role = grantsOf(rolePermissions, identity).filter((one) => one.subscribe)
        const token = grantsOf(tokenPermissions, identity).filter((one) => one.subscribe)
        const documented = new Set([
          ...[...role, ...token].map((one) => one.filter),
          ...rights.receive.flatMap(referenceGeneralisations),
        ])
        const expected = [...documented].filter(
          (filter) =>
            role.some((outer) => referenceContains(outer.filter, filter)) &&
            token.some((outer) => referenceContains(outer.filter, filter)) &&
            rights.receive.some((topic) => referenceMatches(filter, topic)),
        )

        expect(rights.subscribe).toEqual(expected.sort())
      }),
      { numRuns: 400 },
    )
  })

  test('a device that may receive a topic may also subscribe to it by name', () => {
    fc.assert(
      fc.property(permissions, permissions, (rolePermissions, tokenPermissions) => {
        const rights = effectiveRights({ root: ROOT, identity: OWN, rolePermissions, tokenPermissions })
        expect(rights.subscribe).toEqual(expect.arrayContaining(rights.receive))
      }),
    )
  })

  test('never lets a device publish to a toDevice topic, not even with jamey/#', () => {
    const rights = effectiveRights({ root: ROOT, identity: OWN, rolePermissions: MAXIMUM, tokenPermissions: MAXIMUM })

    expect(
      rights.publish.map((topic) => resolveTopic(ROOT, topic)?.key).map((key) => key && topicDefinition(key).direction),
    ).not.toContain('toDevice')
    expect(rights.publish).toMatchInlineSnapshot(`
      [
        "jamey/api/requests",
        "jamey/conscience/evaluate",
        "jamey/conscience/review",
        "jamey/devices/me/responses",
        "jamey/events/errors",
        "jamey/events/heartbeat",
        "jamey/events/status",
        "jamey/memory/query",
        "jamey/memory/store",
        "org/acme/device/Instance-1/command/web",
        "org/acme/device/Instance-1/response",
        "org/acme/device/Instance-1/status",
        "org/acme/device/Instance-1/telemetry",
      ]
    `)
  })

  test('identifiers too long for a topic grant nothing and refuse nothing', () => {
    const rights = effectiveRights({
      root: ROOT,
      identity: { clientId: 'me', organizationId: 'o'.repeat(128), deviceId: 'd'.repeat(128) },
      rolePermissions: ['org/${organizationId}/device/${deviceId}/#', 'jamey/memory/#'],
      tokenPermissions: ['org/${organizationId}/device/${deviceId}/#', 'jamey/memory/#'],
    })
    expect(rights.publish).toEqual(['jamey/memory/query', 'jamey/memory/store'])
  })

  test('a topic that only a wildcard keeps short, and nobody could use, is not granted', () => {
    const rights = (deviceId: string) =>
      effectiveRights({
        root: ROOT,
        identity: { clientId: 'me', organizationId: 'o'.repeat(128), deviceId },
        rolePermissions: ['org/#'],
        tokenPermissions: ['#'],
      }).receive.map((topic) => topic.length)

    expect([103, 104, 105].map((length) => rights('d'.repeat(length)).length)).toEqual([6, 5, 4])
    expect(Math.max(...rights('d'.repeat(104)))).toBe(256)
    expect(rights('d'.repeat(128))).toEqual([])
  })

  test('deny wins over every grant, in role and token alike, and leaves the rest', () => {
    const rights = (role: string[], token: string[]) => {
      const { publish, receive, retain } = effectiveRights({
        root: ROOT,
        identity: OWN,
        rolePermissions: ['jamey/events/#', 'retain:jamey/events/#', ...role],
        tokenPermissions: ['jamey/events/#', 'retain:jamey/events/#', ...token],
      })
      return [publish, receive, retain].map((topics) =>
        topics.map((topic) => topic.slice('jamey/events/'.length)).join(' '),
      )
    }
    const ALL = 'errors heartbeat status'

    expect(rights([], [])).toEqual([ALL, ALL, ALL])
    expect(rights(['!jamey/events/errors'], [])).toEqual(Array(3).fill('heartbeat status'))
    expect(rights([], ['!jamey/+/errors', '!jamey/events/status'])).toEqual(Array(3).fill('heartbeat'))
    expect(rights([], ['!pub:jamey/events/+'])).toEqual(['', ALL, ''])
    expect(rights([], ['!sub:#'])).toEqual([ALL, '', ALL])
    expect(rights(['!retain:jamey/events/errors'], [])).toEqual([ALL, ALL, 'heartbeat status'])
  })

  test('a filter wider than what is denied stays, one within it goes', () => {
    const { subscribe } = effectiveRights({
      root: ROOT,
      identity: OWN,
      rolePermissions: ['sub:jamey/events/#'],
      tokenPermissions: ['#', '!jamey/events/errors'],
    })

    expect(subscribe).toEqual(['jamey/events/#', 'jamey/events/+', 'jamey/events/heartbeat', 'jamey/events/status'])
  })

  test('RETAIN is given by retain: alone, by role and token both', () => {
    const retained = (role: string, token: string) =>
      effectiveRights({ root: ROOT, identity: OWN, rolePermissions: [role], tokenPermissions: [token] })
    const topic = 'jamey/events/status'

    expect(retained('jamey/#', 'pub:jamey/#')).toMatchObject({ retain: [] })
    expect(retained(`retain:${topic}`, 'jamey/#')).toMatchObject({ publish: [topic], retain: [] })
    expect(retained('jamey/#', `retain:${topic}`)).toMatchObject({ publish: [topic], retain: [] })
    expect(retained('retain:jamey/#', `retain:${topic}`)).toEqual({
      publish: [topic],
      retain: [topic],
      receive: [],
      subscribe: [],
    })
  })

  test('a shared subscription takes a role that names its group', () => {
    const rights = (role: string[], token: string[]) =>
      effectiveRights({ root: ROOT, identity: OWN, rolePermissions: role, tokenPermissions: token })
    const topic = 'jamey/memory/updates'

    expect(rights(['jamey/#'], [`$share/workers/${topic}`])).toMatchObject({ receive: [], subscribe: [] })
    expect(rights([`$share/workers/${topic}`], [`$share/others/${topic}`])).toMatchObject({
      receive: [],
      subscribe: [],
    })
    for (const token of ['#', `$share/workers/${topic}`, '$share/workers/jamey/#']) {
      expect(rights([`$share/workers/${topic}`], [token])).toMatchObject({
        publish: [],
        receive: [topic],
        subscribe: [`$share/workers/${topic}`],
      })
    }
  })

  test('a wildcard before a word that could be a client id grants nobody else’s topic', () => {
    const rights = effectiveRights({
      root: ROOT,
      identity: { clientId: 'me' },
      rolePermissions: ['jamey/+/evaluate'],
      tokenPermissions: ['#'],
    })
    expect(rights).toEqual({ publish: ['jamey/conscience/evaluate'], retain: [], receive: [], subscribe: [] })
  })

  test('binds every parameter to the own value under a wildcard', () => {
    const rights = effectiveRights({ root: ROOT, identity: OWN, rolePermissions: ['#'], tokenPermissions: ['#'] })
    const parameters = [...rights.publish, ...rights.receive].map((topic) => resolveTopic(ROOT, topic)?.parameters)

    for (const found of parameters) expect(OWN).toMatchObject(found ?? { found: 'nothing' })
  })

  test('gives another client by name only where the role names it', () => {
    const rights = (rolePermissions: string[], tokenPermissions: string[]) =>
      effectiveRights({ root: ROOT, identity: OWN, rolePermissions, tokenPermissions }).receive

    expect(rights(['jamey/responses/you'], ['jamey/#'])).toEqual(['jamey/responses/you'])
    expect(rights(['jamey/#'], ['jamey/responses/you'])).toEqual([])
    expect(rights(['jamey/responses/you'], ['jamey/responses/me'])).toEqual([])
  })

  test('a shared topic takes pub: and sub: apart', () => {
    const rights = (token: string) =>
      effectiveRights({ root: ROOT, identity: OWN, rolePermissions: ['jamey/#'], tokenPermissions: [token] })

    expect(rights('pub:jamey/events/status')).toEqual({
      publish: ['jamey/events/status'],
      retain: [],
      receive: [],
      subscribe: [],
    })
    expect(rights('sub:jamey/events/status')).toEqual({
      publish: [],
      retain: [],
      receive: ['jamey/events/status'],
      subscribe: ['jamey/events/status'],
    })
  })

  test('a placeholder without a value grants nothing and hurts nothing', () => {
    const rights = effectiveRights({
      root: ROOT,
      identity: { clientId: 'me' },
      rolePermissions: ['org/${organizationId}/device/${deviceId}/#', 'jamey/#', 'org/#'],
      tokenPermissions: ['#'],
    })

    expect(
      [...rights.publish, ...rights.receive, ...rights.subscribe].filter((topic) => topic.startsWith('org')),
    ).toEqual([])
    expect(rights.publish).toContain('jamey/memory/store')
  })

  test('an identifier of the registry that is not legal binds nothing', () => {
    const identity = { ...OWN, organizationId: '+' }
    const rights = effectiveRights({ root: ROOT, identity, rolePermissions: ['org/#'], tokenPermissions: ['org/#'] })

    expect(rights).toEqual({ publish: [], retain: [], receive: [], subscribe: [] })
  })

  test('a device answers the cloud on its own topics alone', () => {
    const rights = effectiveRights({ root: ROOT, identity: OWN, rolePermissions: ['#'], tokenPermissions: ['#'] })
    expect(rights.publish.filter((topic) => topic.startsWith('jamey/devices/'))).toEqual(['jamey/devices/me/responses'])
  })
})
