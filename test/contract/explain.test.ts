import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  compilePolicyDocuments,
  type DecisionRecord,
  type ExplainInput,
  effectiveRights,
  explainRight,
} from '#contract/index.ts'
import { compilePolicy, evaluatePolicies } from '#local/iot-policy/index.ts'
import { caseArbitrary } from '../fixtures/permission-reference.ts'

const ARN = 'arn:aws:iot:eu-west-1:123456789012'
const OWN = { clientId: 'me', organizationId: 'acme', deviceId: 'Instance-1' }

function explain(action: ExplainInput['action'], name: string, role: string[], token: string[]): DecisionRecord {
  return explainRight({ root: 'jamey', identity: OWN, rolePermissions: role, tokenPermissions: token, action, name })
}

describe('explainRight', () => {
  test('names what decided, for the role, the token and the documents', () => {
    expect(explain('publish', 'jamey/memory/store', ['sub:#', '${root}/#'], ['jamey/memory/+'])).toEqual({
      who: 'me',
      action: 'iot:Publish',
      resource: 'topic/jamey/memory/store',
      decision: 'allowed',
      statement: { document: 0, statement: 1 },
      rolePattern: '${root}/#',
      tokenPattern: 'jamey/memory/+',
      reason: 'the role and the token both grant it',
    })
  })

  const ALL = ['#']
  test.each<[ExplainInput['action'], string, string[], string[], Partial<DecisionRecord>]>([
    ['publish', 'jamey/x/+', ['jamey/#'], ['jamey/#'], { reason: 'the role: a topic name holds no wildcard (+ or #)' }],
    [
      'publish',
      'jamey/memory/store',
      ['sub:#'],
      ['jamey/#'],
      { reason: expect.stringContaining('the role: no pattern') },
    ],
    [
      'publish',
      'jamey/memory/store',
      ['jamey/#'],
      ['sub:#'],
      { rolePattern: 'jamey/#', reason: expect.stringContaining('the token: no') },
    ],
    [
      'publish',
      'jamey/events/errors',
      ['jamey/#', '!jamey/+/errors'],
      ['jamey/#'],
      { rolePattern: '!jamey/+/errors', reason: 'the role: !jamey/+/errors denies it' },
    ],
    [
      'receive',
      'jamey/events/errors',
      ['jamey/#'],
      ['jamey/#', '!sub:#'],
      { tokenPattern: '!sub:#', reason: 'the token: !sub:# denies it' },
    ],
    [
      'subscribe',
      'jamey/events/errors',
      ['jamey/#'],
      ['jamey/#', '!jamey/events/errors'],
      { tokenPattern: '!jamey/events/errors' },
    ],
    [
      'publish',
      'jamey/memory/updates',
      ['jamey/#'],
      ['jamey/#'],
      { reason: 'memory/updates is published by the cloud alone' },
    ],
    ['receive', 'jamey/memory/store', ['jamey/#'], ['jamey/#'], { reason: 'memory/store is read by the cloud alone' }],
    [
      'receive',
      'jamey/responses/you',
      ['jamey/#'],
      ['jamey/#'],
      { reason: 'jamey/responses/you belongs to another device' },
    ],
    [
      'publish',
      'jamey/memory/forget',
      ['jamey/#'],
      ['jamey/#'],
      { reason: 'jamey/memory/forget is not a topic of the contract' },
    ],
    [
      'subscribe',
      'jamey/nothing/#',
      ['jamey/#'],
      ['jamey/#'],
      { reason: 'no topic that this device may receive is matched by jamey/nothing/#' },
    ],
    [
      'retain',
      'jamey/events/status',
      ['jamey/#'],
      ['retain:jamey/#'],
      { action: 'iot:RetainPublish', reason: expect.stringContaining('the role: no pattern') },
    ],
    [
      'subscribe',
      '$share/w/jamey/events/#',
      ['jamey/#'],
      ['jamey/#'],
      { reason: expect.stringContaining('the role: no pattern') },
    ],
    [
      'connect',
      'you',
      ['jamey/#'],
      ['jamey/#'],
      { resource: 'client/you', reason: 'a token speaks for its own client id alone' },
    ],
    ['connect', 'me', ['pub:#'], ['sub:#'], { reason: 'the token and the role have no right in common' }],
    [
      'publish',
      'jamey/memory/store',
      ['pub:#'],
      ['sub:#'],
      { reason: expect.stringContaining('the token: no pattern') },
    ],
    [
      'publish',
      'jamey/memory/store',
      ALL,
      ALL,
      { reason: expect.stringContaining('no connection: policy_too_large: the rights take 1') },
    ],
  ])('%s %s with role %j and token %j is denied', (action, name, role, token, expected) => {
    const record = explain(action, name, role, token)
    expect(record).toMatchObject({ who: 'me', decision: 'denied', ...expected })
    expect(record.statement).toBeUndefined()
  })

  test('allows what the documents allow, and names a statement that does', () => {
    const names = fc.constantFrom(
      ...['events/status', 'events/#', 'events/+', 'memory/store', 'memory/updates', 'responses/me', '#', 'x'].map(
        (end) => `r/${end}`,
      ),
      ...['$share/g/r/events/#', '#', 'me'],
    )
    const actions = fc.constantFrom(...(['connect', 'publish', 'retain', 'subscribe', 'receive'] as const))
    const lists = caseArbitrary.map(
      ({ role, token }) =>
        [
          ['r/#', ...role],
          ['r/#', ...token],
        ] as const,
    )
    let allowed = 0
    fc.assert(
      fc.property(lists, actions, names, ([rolePermissions, tokenPermissions], action, name) => {
        const input = { root: 'r', identity: OWN, rolePermissions, tokenPermissions, arnPrefix: ARN } as const
        const record = explainRight({ ...input, action, name })
        if (record.reason.startsWith('no connection')) return
        const rights = effectiveRights(input)
        // without any right the authorizer refuses, and there are no documents
        const hasRight = rights.publish.length + rights.receive.length > 0
        const documents = hasRight ? compilePolicyDocuments('me', rights, ARN) : []
        const policies = documents.map((document, index) => compilePolicy(document, String(index)))
        const { decision, statement } = evaluatePolicies(policies, {
          action: record.action,
          resource: `${ARN}:${record.resource}`,
        })

        expect(record.decision === 'allowed').toBe(decision === 'allowed')
        expect(record.statement).toEqual(
          statement && { document: Number(statement.policy), statement: statement.index },
        )
        allowed += Number(record.decision === 'allowed')
      }),
      { numRuns: 500 },
    )
    expect(allowed).toBeGreaterThan(20)
  })
})
