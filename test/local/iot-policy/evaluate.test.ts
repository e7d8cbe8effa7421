import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilePolicy, evaluatePolicies } from '#local/iot-policy/index.ts'
import { ARN, decide, policyOf } from './policies.ts'

describe('actions', () => {
  test.each([
    ['iot:Publish', 'IOT:publish', 'allowed'],
    ['IOT:PUB*', 'iot:Publish', 'allowed'],
    ['iot:?ublish', 'iot:Publish', 'allowed'],
    ['iot:Publish', 'iot:RetainPublish', 'implicitDeny'],
    ['*', 'dynamodb:PutItem', 'allowed'],
    ['dynamodb:*Item', 'dynamodb:PutItem', 'allowed'],
    ['dynamodb:*Item', 'dynamodb:Query', 'implicitDeny'],
  ])('%s decides %s: %s', (Action, action, decision) => {
    expect(decide({ Action }, { action })).toBe(decision)
  })

  test('a list of actions covers each of them', () => {
    const Action = ['iot:Connect', 'iot:Receive']

    expect(decide({ Action }, { action: 'iot:Receive' })).toBe('allowed')
    expect(decide({ Action }, { action: 'iot:Publish' })).toBe('implicitDeny')
  })

  test('NotAction covers all actions but its own', () => {
    const NotAction = ['iot:Connect', 'dynamodb:*']

    expect(decide({ NotAction }, { action: 'iot:Publish' })).toBe('allowed')
    expect(decide({ NotAction }, { action: 'iot:Connect' })).toBe('implicitDeny')
    expect(decide({ NotAction }, { action: 'DynamoDB:GetItem' })).toBe('implicitDeny')
  })
})

describe('resources', () => {
  test.each([
    ['topic/a', 'topic/a', 'allowed'],
    ['topic/a', 'topic/A', 'implicitDeny'],
    ['topic/a*', 'topic/a/b/c', 'allowed'],
    ['topic/*/c', 'topic/a/b/c', 'allowed'],
    ['topic/a?c', 'topic/a/c', 'allowed'],
    ['topic/a?c', 'topic/ac', 'implicitDeny'],
    ['topicfilter/a/+/b', 'topicfilter/a/+/b', 'allowed'],
    ['topicfilter/a/+/b', 'topicfilter/a/x/b', 'implicitDeny'],
    ['topicfilter/a/#', 'topicfilter/a/b', 'implicitDeny'],
    ['topicfilter/a/*', 'topicfilter/a/#', 'allowed'],
    ['topic/${*}', 'topic/*', 'allowed'],
    ['topic/${*}', 'topic/a', 'implicitDeny'],
    ['topic/${?}', 'topic/?', 'allowed'],
    ['topic/${?}', 'topic/a', 'implicitDeny'],
    ['topic/${$}{iot:ClientId}', 'topic/${iot:ClientId}', 'allowed'],
    ['topic/$aws/rules/r/*', 'topic/$aws/rules/r/a/b', 'allowed'],
  ])('%s decides %s: %s', (pattern, resource, decision) => {
    expect(decide({ Resource: ARN + pattern }, { resource: ARN + resource })).toBe(decision)
  })

  test('NotResource covers all resources but its own', () => {
    const NotResource = [`${ARN}topic/a`, `${ARN}topic/b/*`]

    expect(decide({ NotResource }, { resource: `${ARN}topic/c` })).toBe('allowed')
    expect(decide({ NotResource }, { resource: `${ARN}topic/a` })).toBe('implicitDeny')
    expect(decide({ NotResource }, { resource: `${ARN}topic/b/c` })).toBe('implicitDeny')
  })
})

describe('variables', () => {
  const Resource = `${ARN}topic/\${iot:ClientId}/up`
  const resource = `${ARN}topic/lamp/up`

  test('stand for the value of the request, whatever the case of the key', () => {
    expect(decide({ Resource }, { resource, context: { 'iot:ClientId': 'lamp' } })).toBe('allowed')
    expect(decide({ Resource }, { resource, context: { 'IOT:clientid': 'lamp' } })).toBe('allowed')
    expect(decide({ Resource }, { resource, context: { 'iot:ClientId': 'Lamp' } })).toBe('implicitDeny')
  })

  test('stand for their value as text: a client named * reaches only the topic named *', () => {
    const context = { 'iot:ClientId': '*' }

    expect(decide({ Resource }, { resource, context })).toBe('implicitDeny')
    expect(decide({ Resource }, { resource: `${ARN}topic/*/up`, context })).toBe('allowed')
  })

  test.each([
    ['no context', undefined],
    ['no such key', { 'aws:SourceIp': '10.0.0.1' }],
    ['a list of values', { 'iot:ClientId': ['lamp'] }],
    ['a key of the prototype', { constructor: 'lamp' }],
  ])('without value make the statement not apply: %s', (_case, context) => {
    expect(decide({ Resource }, { resource, context })).toBe('implicitDeny')
    expect(decide({ Resource: [resource, Resource] }, { resource, context })).toBe('implicitDeny')
    expect(decide({ NotResource: Resource }, { resource, context })).toBe('implicitDeny')
    expect(decide({ Effect: 'Deny', Resource }, { resource, context })).toBe('implicitDeny')
  })

  test('without value make the statement not apply in a negated condition either', () => {
    const Condition = { StringNotEquals: { 'aws:SourceVpc': '${iot:ClientId}' } }

    expect(decide({ Condition }, { context: {} })).toBe('implicitDeny')
    expect(decide({ Condition }, { context: { 'iot:ClientId': 'lamp' } })).toBe('allowed')
  })

  test('take their default when the request has no value', () => {
    const withDefault = `${ARN}topic/\${aws:PrincipalTag/team, 'company wide'}`

    expect(decide({ Resource: withDefault }, { resource: `${ARN}topic/company wide` })).toBe('allowed')
    const context = { 'aws:PrincipalTag/team': 'red' }
    expect(decide({ Resource: withDefault }, { resource: `${ARN}topic/red`, context })).toBe('allowed')
  })

  test.each(['a*', 'a?', 'a$', 'a+', 'a#', 'x'.repeat(1025)])('refuse the certificate value %s', (value) => {
    const certificate = `${ARN}topic/\${iot:Certificate.Subject.CommonName}`
    const context = { 'iot:Certificate.Subject.CommonName': value }

    expect(decide({ Resource: certificate }, { resource: `${ARN}topic/${value}`, context })).toBe('implicitDeny')
  })

  test('are ordinary text in a document of version 2008-10-17 and in one without version', () => {
    for (const Version of ['2008-10-17', undefined]) {
      const Statement = { Effect: 'Allow', Action: '*', Resource: `${ARN}topic/\${iot:ClientId}` }
      const policy = compilePolicy(Version ? { Version, Statement } : { Statement }, 'old')

      const resource = `${ARN}topic/\${iot:ClientId}`
      expect(evaluatePolicies([policy], { action: 'iot:Publish', resource }).decision).toBe('allowed')
    }
  })
})

describe('decisions', () => {
  const request = { action: 'iot:Publish', resource: `${ARN}topic/a` }

  test('name the statement that decided', () => {
    const policies = [
      compilePolicy({ Statement: { Effect: 'Allow', Action: 'iot:Connect', Resource: '*' } }, 'first'),
      policyOf({ Action: 'iot:Receive' }, { Action: 'iot:Publish', Sid: 'Speak' }),
    ]

    expect(evaluatePolicies(policies, request)).toEqual({
      decision: 'allowed',
      statement: { policy: 'test', index: 1, sid: 'Speak' },
    })
    expect(evaluatePolicies([...policies, policyOf({ Effect: 'Deny' })], request)).toEqual({
      decision: 'explicitDeny',
      statement: { policy: 'test', index: 0 },
    })
    expect(evaluatePolicies([], request)).toEqual({ decision: 'implicitDeny' })
  })

  const statement = fc.record(
    {
      Effect: fc.constantFrom('Allow', 'Deny'),
      Action: fc.constantFrom('*', 'iot:*', 'iot:Publish', 'iot:Receive', 'iot:?ublish'),
      Resource: fc.constantFrom('*', `${ARN}topic/a`, `${ARN}topic/*`, `${ARN}topic/b`, `${ARN}topic/\${iot:ClientId}`),
      Condition: fc.constantFrom(
        { StringEquals: { 'iot:ClientId': 'a' } },
        { Null: { 'iot:ClientId': true } },
        { 'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['LastWill'] } },
      ),
    },
    { requiredKeys: ['Effect', 'Action', 'Resource'] },
  )
  const anyRequest = fc.record(
    {
      action: fc.constantFrom('iot:Publish', 'iot:Receive', 'iot:Connect'),
      resource: fc.constantFrom(`${ARN}topic/a`, `${ARN}topic/b`, `${ARN}topic/c`),
      context: fc.constantFrom({}, { 'iot:ClientId': 'a' }, { 'iot:ConnectAttributes': ['PersistentConnect'] }),
    },
    { requiredKeys: ['action', 'resource'] },
  )
  const statements = fc.array(statement, { maxLength: 6 })

  test('do not depend on the order of statements, nor on how they are spread over policies', () => {
    const shuffled = statements.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    )
    fc.assert(
      fc.property(shuffled, anyRequest, ([list, other], request) => {
        const expected = evaluatePolicies([policyOf(...list)], request).decision
        expect(evaluatePolicies([policyOf(...other)], request).decision).toBe(expected)
        const policies = other.map((one) => policyOf(one))
        expect(evaluatePolicies(policies, request).decision).toBe(expected)
      }),
    )
  })

  test('are an explicit deny wherever a Deny that applies stands', () => {
    fc.assert(
      fc.property(statements, fc.nat(), anyRequest, (list, position, request) => {
        const withDeny = list.toSpliced(position % (list.length + 1), 0, { Effect: 'Deny', Action: '*', Resource: '*' })
        expect(evaluatePolicies([policyOf(...withDeny)], request).decision).toBe('explicitDeny')
      }),
    )
  })

  test('never allow more after an Allow is removed', () => {
    fc.assert(
      fc.property(statements, fc.nat(), anyRequest, (list, position, request) => {
        const index = list.findIndex((one, at) => at >= position % (list.length + 1) && one.Effect === 'Allow')
        fc.pre(index >= 0)
        const before = evaluatePolicies([policyOf(...list)], request).decision
        const after = evaluatePolicies([policyOf(...list.toSpliced(index, 1))], request).decision
        if (after === 'allowed') expect(before).toBe('allowed')
      }),
    )
  })
})
