import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { permissionDecider } from '#contract/index.ts'
import { caseArbitrary, type ReferenceCase, referenceAllows } from '../fixtures/permission-reference.ts'
import {
  CONTRACT_CATALOGUE,
  compileAll,
  disagreements,
  documentsIfTheyFit,
  documentsOf,
  probesOf,
} from '../fixtures/policy-oracle.ts'

const IDENTITY = { clientId: 'me', organizationId: 'acme', deviceId: 'Instance-1' }

describe('the compiled documents allow publish, RETAIN and receive exactly where the permissions do, and every subscription within them', () => {
  test('for random catalogues, roles and tokens', () => {
    const seen = { true: 0, false: 0, tooLarge: 0 }
    fc.assert(
      fc.property(caseArbitrary, (one) => {
        const documents = documentsIfTheyFit(one)
        if (documents.length === 0) {
          seen.tooLarge += 1
          return
        }
        const probes = probesOf(one)
        expect(disagreements(compileAll(documents), probes)).toEqual([])
        for (const { expected } of probes) seen[`${expected}`] += 1
      }),
      { numRuns: 300 },
    )
    expect(seen.true).toBeGreaterThan(1_000)
    expect(seen.false).toBeGreaterThan(10_000)
    expect(seen.tooLarge).toBeLessThan(30)
  })

  test.each<[string, string[], string[]]>([
    ['everything', ['r/#'], ['r/#']],
    ['all but errors, by the role', ['r/#', '!r/events/errors'], ['r/#']],
    ['all but errors, by the token', ['r/#'], ['r/#', '!r/events/errors']],
    ['nothing of what is denied as a whole', ['r/#'], ['r/#', '!r/#']],
    ['listening, where only speaking is denied', ['r/#'], ['r/#', '!pub:r/events/#']],
    ['speaking, where only listening is denied', ['r/#'], ['r/#', '!sub:r/events/+']],
    ['RETAIN on one topic', ['r/#', 'retain:r/events/+'], ['r/#', 'retain:r/events/status']],
    ['RETAIN but on one topic', ['retain:r/events/+', '!retain:r/events/errors'], ['retain:r/#']],
    ['a group', ['r/memory/updates', '$share/g/r/events/#'], ['r/#']],
    ['a group of the token, which the role does not give', ['r/#'], ['$share/g/r/#']],
    ['a group that both name, less a topic', ['$share/g/r/#'], ['$share/g/r/events/+', '!r/events/status']],
    ['the own organization, less one command', ['org/#', 'r/#'], ['org/#', '!org/+/device/${deviceId}/command/edge']],
    ['one level, which is not all below it', ['r/+', 'r/+/+'], ['r/#']],
  ])('for the topics of the contract: %s', (_, role, token) => {
    const one = { catalogue: CONTRACT_CATALOGUE, identity: IDENTITY, role, token }
    expect(disagreements(compileAll(documentsOf(one)), probesOf(one))).toEqual([])
  })
})

describe('a permission list asked before sending', () => {
  test('refuses nothing that the documents allow', () => {
    let allowed = 0
    fc.assert(
      fc.property(caseArbitrary, (one) => {
        const decide = permissionDecider({
          root: 'r',
          identity: { clientId: '', ...one.identity },
          permissions: one.token,
        })
        const names = probesOf(one).flatMap(({ action, resource, expected }) => {
          const mirrored = MIRRORED[action]
          return mirrored && expected ? [[mirrored, resource.slice(resource.indexOf('/') + 1)] as const] : []
        })
        expect(names.filter(([action, name]) => !decide(action, name).allowed)).toEqual([])
        allowed += names.length
      }),
      { numRuns: 60 },
    )
    expect(allowed).toBeGreaterThan(200)
  })

  test('is all there is to ask where the catalogue has the topic and role and direction allow everything', () => {
    const topics = ['r/a', 'r/b', 'r/a/b', 'a/b', 'b']
    const catalogue = topics.map((template) => ({ template, publish: true, subscribe: true }))
    fc.assert(
      fc.property(caseArbitrary, ({ token, identity }) => {
        const one: ReferenceCase = {
          catalogue,
          identity,
          role: ['#', 'retain:#'],
          token: token.filter((text) => !text.startsWith('$share')),
        }
        const decide = permissionDecider({ root: 'r', identity: { clientId: '', ...identity }, permissions: one.token })
        for (const action of ['publish', 'retain', 'receive'] as const) {
          for (const topic of topics) {
            const { allowed, pattern } = decide(action, topic)
            expect(allowed, `${action} ${topic}`).toBe(referenceAllows(one, action, topic))
            expect(pattern === undefined || one.token.includes(pattern)).toBe(true)
          }
        }
      }),
      { numRuns: 150 },
    )
  })
})

const MIRRORED: Partial<Record<string, 'publish' | 'retain' | 'receive' | 'subscribe'>> = {
  'iot:Publish': 'publish',
  'iot:RetainPublish': 'retain',
  'iot:Receive': 'receive',
  'iot:Subscribe': 'subscribe',
}
