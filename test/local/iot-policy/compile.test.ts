import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CompileOptions, compilePolicy, evaluatePolicies, PolicyError } from '#local/iot-policy/index.ts'

const ALLOW = { Effect: 'Allow', Action: 'iot:Publish', Resource: '*' }
const refusalOf = (document: unknown, options?: CompileOptions): PolicyError => {
  try {
    compilePolicy(document, 'devices', options)
  } catch (error) {
    if (error instanceof PolicyError) return error
    throw error
  }
  throw new Error('the document was accepted')
}
const refusalOfStatement = (statement: object, options?: CompileOptions) =>
  refusalOf({ Version: '2012-10-17', Statement: [ALLOW, { ...ALLOW, Sid: 'Second', ...statement }] }, options)

describe('a document', () => {
  test('is taken as JSON text or as a value, with one statement or a list', () => {
    for (const Statement of [ALLOW, [ALLOW]]) {
      const document = { Version: '2012-10-17', Id: 'any', Statement }
      for (const form of [document, JSON.stringify(document)]) {
        const decision = evaluatePolicies([compilePolicy(form, 'p')], { action: 'iot:Publish', resource: 'arn:x' })
        expect(decision.decision).toBe('allowed')
      }
    }
  })

  test('without statements allows nothing', () => {
    const policy = compilePolicy({ Statement: [] }, 'empty')

    expect(evaluatePolicies([policy], { action: 'iot:Publish', resource: '*' }).decision).toBe('implicitDeny')
  })

  test.each([
    ['{', 'NOT_JSON', ''],
    ['[]', 'MALFORMED', ''],
    [undefined, 'MALFORMED', ''],
    [{ Version: '2012-10-17' }, 'MALFORMED', 'Statement'],
    [{ Version: '2012-10-18', Statement: [] }, 'UNKNOWN_VERSION', 'Version'],
    [{ Version: 1, Statement: [] }, 'UNKNOWN_VERSION', 'Version'],
    [{ Statements: [] }, 'UNKNOWN_ELEMENT', 'Statements'],
    [{ Statement: ['x'] }, 'MALFORMED', 'Statement[0]'],
  ])('%j is refused as %s at "%s"', (document, code, path) => {
    expect(refusalOf(document)).toMatchObject({ code, path, policy: 'devices' })
  })
})

describe('a statement', () => {
  test.each([
    [{ Effect: 'allow' }, 'MALFORMED', 'Effect'],
    [{ Effect: undefined }, 'MALFORMED', 'Effect'],
    [{ Sid: 1 }, 'MALFORMED', 'Sid'],
    [{ Actions: 'iot:Publish' }, 'UNKNOWN_ELEMENT', 'Actions'],
    [{ Principal: '*' }, 'UNKNOWN_ELEMENT', 'Principal'],
    [{ Action: undefined }, 'MALFORMED', ''],
    [{ Action: [] }, 'MALFORMED', 'Action'],
    [{ Action: 'Publish' }, 'MALFORMED', 'Action'],
    [{ Action: ['iot:Publish', 7] }, 'MALFORMED', 'Action[1]'],
    [{ NotAction: 'iot:Publish' }, 'MALFORMED', 'NotAction'],
    [{ Resource: undefined }, 'MALFORMED', ''],
    [{ Resource: 'topic/a' }, 'MALFORMED', 'Resource'],
    [{ Resource: '' }, 'MALFORMED', 'Resource'],
    [{ Resource: { 'Fn::Sub': 'x' } }, 'MALFORMED', 'Resource'],
    [{ Resource: 'arn:aws:iot:::topic/${iot:ClientId' }, 'MALFORMED', 'Resource'],
    [{ Resource: 'arn:aws:iot:::topic/${}' }, 'MALFORMED', 'Resource'],
    [{ NotResource: '*' }, 'MALFORMED', 'NotResource'],
    [{ Condition: [] }, 'MALFORMED', 'Condition'],
    [{ Condition: { StringEquals: 'x' } }, 'MALFORMED', 'Condition.StringEquals'],
    [{ Condition: { StringIs: { 'a:b': 'x' } } }, 'UNKNOWN_OPERATOR', 'Condition.StringIs'],
    [{ Condition: { constructor: { 'a:b': 'x' } } }, 'UNKNOWN_OPERATOR', 'Condition.constructor'],
    [{ Condition: { NullIfExists: { 'a:b': 'true' } } }, 'UNKNOWN_OPERATOR', 'Condition.NullIfExists'],
    [{ Condition: { 'ForSomeValues:Bool': {} } }, 'UNKNOWN_OPERATOR', 'Condition.ForSomeValues:Bool'],
    [{ Condition: { Null: { 'a:b': ['true', null] } } }, 'MALFORMED', 'Condition.Null.a:b[1]'],
    [{ Condition: { StringEquals: { 'a:b': null } } }, 'MALFORMED', 'Condition.StringEquals.a:b'],
    [{ Condition: { Bool: { 'a:b': 'yes' } } }, 'INVALID_VALUE', 'Condition.Bool.a:b'],
    [{ Condition: { Null: { 'a:b': 'yes' } } }, 'INVALID_VALUE', 'Condition.Null.a:b'],
    [{ Condition: { NumericEquals: { 'a:b': ['1', 'x'] } } }, 'INVALID_VALUE', 'Condition.NumericEquals.a:b[1]'],
    [{ Condition: { DateEquals: { 'a:b': '2026-02-30' } } }, 'INVALID_VALUE', 'Condition.DateEquals.a:b'],
    [{ Condition: { DateEquals: { 'a:b': '2026-02-20T10:00' } } }, 'INVALID_VALUE', 'Condition.DateEquals.a:b'],
    [{ Condition: { IpAddress: { 'a:b': '10.0.0.0/33' } } }, 'INVALID_VALUE', 'Condition.IpAddress.a:b'],
    [{ Condition: { IpAddress: { 'a:b': '10.0.0' } } }, 'INVALID_VALUE', 'Condition.IpAddress.a:b'],
    [{ Condition: { BinaryEquals: { 'a:b': 'Q' } } }, 'INVALID_VALUE', 'Condition.BinaryEquals.a:b'],
    [{ Condition: { ArnLike: { 'a:b': 'arn:aws:iot' } } }, 'INVALID_VALUE', 'Condition.ArnLike.a:b'],
  ])('with %j is refused as %s at %s', (statement, code, path) => {
    expect(refusalOfStatement(statement)).toMatchObject({ code, path: path ? `Statement[1].${path}` : 'Statement[1]' })
  })

  test.each([
    [{}, 'Statement[1]'],
    [{ Principal: 'x' }, 'Statement[1].Principal'],
    [{ Principal: {} }, 'Statement[1].Principal'],
    [{ Principal: { AWS: 'arn:aws:iam::*:role/x' } }, 'Statement[1].Principal.AWS'],
    [{ Principal: '*', NotPrincipal: '*' }, 'Statement[1].NotPrincipal'],
  ])('of a resource policy with %j is refused at %s', (principal, path) => {
    const Statement = [
      { ...ALLOW, Principal: '*' },
      { ...ALLOW, ...principal },
    ]

    expect(refusalOf({ Statement }, { resourcePolicy: true })).toMatchObject({ code: 'MALFORMED', path })
  })

  test('of a resource policy may leave out its resource', () => {
    const Statement = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }

    expect(() => compilePolicy({ Statement }, 'trust', { resourcePolicy: true })).not.toThrow()
  })

  test('is named in the message, with what was expected and found', () => {
    expect(refusalOfStatement({ Effect: 'allow' }).message).toMatchInlineSnapshot(
      `"policy "devices", Statement[1].Effect (Sid "Second"): expected "Allow" or "Deny", got "allow""`,
    )
    expect(refusalOfStatement({ Condition: { StringIs: {} } }).message).toMatchInlineSnapshot(
      `"policy "devices", Statement[1].Condition.StringIs (Sid "Second"): expected an IAM condition operator, got "StringIs""`,
    )
    expect(refusalOf('{').message).toMatchInlineSnapshot(
      `"policy "devices", document: expected JSON: Expected property name or '}' in JSON at position 1 (line 1 column 2)"`,
    )
  })
})

test('whatever is given, only PolicyError escapes', () => {
  const names = ['Version', 'Statement', 'Effect', 'Action', 'Resource', 'Condition', 'StringLike', 'Bool', 'Principal']
  const texts = ['Allow', '*', 'iot:*', 'arn:a:b:c:d:e', '2012-10-17', '${a:b}', 'true']
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom<unknown>(...texts, 1, null, true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 5 }),
    ),
  }))
  const document = fc.record({ Version: fc.constant('2012-10-17'), Statement: value })
  fc.assert(
    fc.property(fc.oneof(document, fc.json(), fc.anything(), fc.string()), fc.boolean(), (given, resourcePolicy) => {
      try {
        compilePolicy(given, 'random', { resourcePolicy })
      } catch (error) {
        expect(error).toBeInstanceOf(PolicyError)
      }
    }),
    { numRuns: 1000 },
  )
})
