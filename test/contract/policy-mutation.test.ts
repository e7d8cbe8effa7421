import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { POLICY_LIMITS, type PolicyDocument, type PolicyStatement, parseFleet } from '#contract/index.ts'
import { caseArbitrary, type ReferenceCase } from '../fixtures/permission-reference.ts'
import {
  ARN,
  CONTRACT_CATALOGUE,
  compileAll,
  disagreements,
  documentsIfTheyFit,
  documentsOf,
  type Probe,
  probesOf,
} from '../fixtures/policy-oracle.ts'

const IDENTITY = { clientId: 'me', organizationId: 'acme', deviceId: 'Instance-1' }
const { roles } = parseFleet(JSON.parse(readFileSync(new URL('../../fleet.json', import.meta.url), 'utf8')), 'r')
const DENYING = ['!r/events/errors', '!sub:r/memory/#', 'retain:r/events/+']

const CASES: [string, ReferenceCase][] = [
  ...Object.entries(roles).map(([name, { permissions }]): [string, ReferenceCase] => [
    `role ${name}`,
    caseOf(permissions, permissions),
  ]),
  ['a role with deny and RETAIN', caseOf(['${root}/#', ...DENYING], ['#', 'retain:#'])],
  ...fc
    .sample(caseArbitrary, { seed: 20_26, numRuns: 60 })
    .filter((one) => documentsIfTheyFit(one).flatMap(({ Statement }) => Statement).length > 1)
    .slice(0, 20)
    .map((one, index): [string, ReferenceCase] => [`random case ${index}`, one]),
]

interface Mutant {
  what: string
  documents: readonly unknown[]
  /** Names that a widened resource newly covers, to be asked about as well. */
  witnesses: readonly Probe[]
}

describe('of the compiled documents, no part can be taken away or widened unnoticed:', () => {
  test.each(CASES)('%s', (_, one) => {
    const documents = documentsOf(one)
    const probes = probesOf(one)
    expect(disagreements(compileAll(documents), probes)).toEqual([])

    const mutants = mutantsOf(documents)
    const survivors = mutants.filter(
      ({ documents: mutated, witnesses }) =>
        disagreements(compileAll(mutated), [...witnesses, ...probes], 1).length === 0,
    )

    expect(mutants.length).toBeGreaterThan(10)
    expect(survivors.map(({ what }) => what)).toEqual([])
  })
})

describe('the compiled documents are minimal:', () => {
  test.each(CASES)('%s', (_, one) => expectMinimal(documentsOf(one)))

  test('also where they fill several documents, and over any shape of rights', () => {
    let split = 0
    fc.assert(
      fc.property(caseArbitrary, (one) => {
        const wide = { ...one, identity: { ...one.identity, clientId: 'c'.repeat(128) } }
        try {
          const documents = documentsOf(wide)
          expectMinimal(documents)
          if (documents.length > 1) split += 1
        } catch (error) {
          expect(error).toMatchObject({ code: 'policy_too_large' })
        }
      }),
      { numRuns: 600 },
    )
    expect(split).toBeGreaterThan(10)
  })
})

/** No right stands twice, no two statements of a document could be one, and nothing would have fitted further up. */
function expectMinimal(documents: readonly PolicyDocument[]): void {
  const rights = documents.flatMap(({ Statement }) =>
    Statement.flatMap(({ Action, Resource }) => Action.flatMap((action) => Resource.map((arn) => `${action} ${arn}`))),
  )
  expect(new Set(rights).size).toBe(rights.length)
  const actionsOf = new Map<string, string>()
  for (const { Statement } of documents) {
    const sets = Statement.map(({ Action }) => String(Action))
    expect(new Set(sets).size).toBe(sets.length)
    for (const { Action, Resource } of Statement) {
      for (const arn of Resource) {
        expect(actionsOf.get(arn), `${arn} has one set of actions, so it stands once`).toBeUndefined()
        actionsOf.set(arn, String(Action))
      }
    }
  }
  for (const [index, document] of documents.entries()) {
    expect(JSON.stringify(document).length).toBeLessThanOrEqual(POLICY_LIMITS.charactersPerDocument)
    for (const later of documents.slice(index + 1)) {
      for (const { Action, Resource } of later.Statement) {
        for (const arn of Resource) {
          const length = JSON.stringify(withResource(document, Action, arn)).length
          // two commas are counted before it is known that nothing follows them
          expect(length, `${arn} would fit into document ${index}`).toBeGreaterThan(
            POLICY_LIMITS.charactersPerDocument - 10,
          )
        }
      }
    }
  }
}

function withResource(document: PolicyDocument, actions: string[], arn: string): PolicyDocument {
  const same = document.Statement.find(({ Action }) => String(Action) === String(actions))
  const grown: PolicyStatement = { ...(same ?? { Effect: 'Allow', Action: actions, Resource: [] }) }
  grown.Resource = [...grown.Resource, arn]
  return { ...document, Statement: [...document.Statement.filter((one) => one !== same), grown] }
}

function caseOf(role: readonly string[], token: readonly string[]): ReferenceCase {
  return { catalogue: CONTRACT_CATALOGUE, identity: IDENTITY, role, token }
}

function mutantsOf(documents: readonly PolicyDocument[]): Mutant[] {
  return documents.flatMap((document, at) =>
    document.Statement.flatMap((statement, index) => {
      const name = `document ${at}, statement ${index}`
      const mutant = (what: string, replaced: object | undefined, witnesses: Probe[] = []): Mutant => ({
        what: `${name}: ${what}`,
        documents: documents.with(at, {
          ...document,
          Statement: document.Statement.flatMap((one) =>
            one === statement ? ((replaced ?? []) as PolicyStatement) : one,
          ),
        }),
        witnesses,
      })
      return [
        mutant('removed', undefined),
        mutant('denies', { ...statement, Effect: 'Deny' }),
        ...statement.Action.map((action) => {
          const left = statement.Action.filter((one) => one !== action)
          return mutant(`without ${action}`, left.length > 0 ? { ...statement, Action: left } : undefined)
        }),
        ...widerActions(statement).map((action) =>
          mutant(`also ${action}`, { ...statement, Action: [...statement.Action, action] }),
        ),
        ...statement.Resource.flatMap((arn) => {
          const left = statement.Resource.filter((one) => one !== arn)
          return [
            mutant(`without ${arn}`, left.length > 0 ? { ...statement, Resource: left } : undefined),
            ...widerResources(arn).map((wider) =>
              mutant(
                `${wider} for ${arn}`,
                { ...statement, Resource: [...left, wider] },
                witnessesOf(statement, wider),
              ),
            ),
          ]
        }),
      ]
    }),
  )
}

/** Actions on the same kind of resource that the statement has not; the others find nothing there to act on. */
function widerActions({ Action, Resource }: PolicyStatement): string[] {
  const onTopics = ['iot:Publish', 'iot:RetainPublish', 'iot:Receive', 'iot:GetRetainedMessage', 'iot:*']
  const onClients = ['iot:DeleteConnection', 'iot:*']
  const kind = Resource[0]?.split(':')[5]?.split('/')[0]
  const candidates = kind === 'topic' ? onTopics : kind === 'client' ? onClients : []
  return candidates.filter((action) => !Action.includes(action))
}

/** With an IAM wildcard at the end, below, instead of each level, and for everything. */
function widerResources(arn: string): string[] {
  const [kind = '', ...levels] = arn.slice(ARN.length + 1).split('/')
  const name = (parts: readonly string[]) => `${ARN}:${kind}/${parts.join('/')}`
  return [
    `${arn}*`,
    `${arn}?`,
    `${arn}/*`,
    `${ARN}:${kind}/*${levels.join('/')}`,
    ...levels.map((_, index) => name(levels.with(index, '*'))),
    ...levels.map((_, index) => name([...levels.slice(0, index), '*'])),
    `${ARN}:*`,
  ]
}

/** A name that the wildcard covers and that no case grants, for every action of the statement. */
function witnessesOf({ Action }: PolicyStatement, wider: string): Probe[] {
  const resource = wider
    .slice(ARN.length + 1)
    .replace(/\*/, 'zz/zz')
    .replace(/\?/, 'z')
  return Action.map((action) => ({ action, resource, expected: false }))
}
