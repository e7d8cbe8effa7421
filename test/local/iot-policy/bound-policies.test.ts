import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bindPolicies, compilePolicy, evaluatePolicies, POLICY_PARITY } from '#local/iot-policy/index.ts'
import { ARN, documentOf } from './policies.ts'

const CONTEXT = { 'iot:ClientId': 'lamp' }

describe('bound policies', () => {
  test('answer as policies that are not bound, however often they are asked', () => {
    const resource = fc.constantFrom('topic/lamp/a', 'topic/lamp', 'topic/other', 'client/lamp', 'topic/*')
    const pattern = fc.constantFrom(
      'topic/${iot:ClientId}/*',
      'topic/*',
      'client/${iot:ClientId}',
      'topic/${no:Key}',
      'topic/lam?',
    )
    const action = fc.constantFrom('iot:Publish', 'iot:Connect', 'IOT:publish')
    const statement = fc.record({
      Effect: fc.constantFrom('Allow', 'Deny'),
      Action: action,
      Resource: pattern.map((text) => ARN + text),
    })
    const property = fc.property(
      fc.array(statement, { maxLength: 4 }),
      fc.array(fc.tuple(action, resource)),
      (statements, asked) => {
        const policy = compilePolicy(documentOf(...statements), 'test')
        const bound = bindPolicies([policy], CONTEXT)
        for (const [name, text] of [...asked, ...asked]) {
          const request = { action: name, resource: ARN + text, context: CONTEXT }
          expect(bound.decide(name, ARN + text)).toEqual(evaluatePolicies([policy], request))
        }
      },
    )
    fc.assert(property, { numRuns: 200 })
  })

  test('forget the oldest answers and still know the right ones', () => {
    const policy = compilePolicy(documentOf({ Resource: `${ARN}topic/\${iot:ClientId}/*` }), 'test')
    const bound = bindPolicies([policy], CONTEXT)

    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 1_500; index++) {
        expect(bound.decide('iot:Publish', `${ARN}topic/lamp/${index}`).decision).toBe('allowed')
        expect(bound.decide('iot:Publish', `${ARN}topic/${index}`).decision).toBe('implicitDeny')
      }
    }
  })
})

test('every condition operator is in the parity table, and every row has a source', () => {
  const features = POLICY_PARITY.map(({ feature }) => feature)

  expect(features).toContain('Condition operator ArnNotLike')
  expect(new Set(features).size).toBe(features.length)
  for (const { source } of POLICY_PARITY) expect(source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//)
})
