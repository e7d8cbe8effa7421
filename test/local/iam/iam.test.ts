import { describe, expect, test } from 'vitest'
import { createIam, type Iam, type NamedPolicy } from '#local/iam/index.ts'

const roleArn = 'arn:aws:iam::123456789012:role/service/Writer'
const table = 'arn:aws:dynamodb:eu-west-1:123456789012:table/T'
const functionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:F'

const policy = (Statement: unknown, PolicyName = 'Inline'): NamedPolicy => ({
  PolicyName,
  PolicyDocument: { Version: '2012-10-17', Statement },
})
const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
}
const mayPut = policy({ Effect: 'Allow', Action: 'dynamodb:PutItem', Resource: table })

function iamWithRole(inlinePolicies: NamedPolicy[], managedPolicyArns: string[] = []): Iam {
  const iam = createIam({ accountId: '123456789012', clock: { nowMs: () => Date.UTC(2026, 0, 1) } })
  iam.defineRole({ roleName: 'Writer', arn: roleArn, inlinePolicies, managedPolicyArns, assumeRolePolicy: trust })
  return iam
}

function decide(iam: Iam, action: string, resource: string, context?: Record<string, string>) {
  const { accessKeyId, sessionToken } = iam.credentialsFor(roleArn, 'F')
  const caller = iam.identify(accessKeyId, sessionToken)
  if (caller === undefined) throw new Error('not identified')
  return iam.authorize(caller, action, resource, context)
}

describe('identity', () => {
  test('identifies a role by access key and session token, as its assumed-role session', () => {
    const iam = iamWithRole([])
    const { accessKeyId, sessionToken } = iam.credentialsFor(roleArn, 'F')

    expect(accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/)
    expect(iam.identify(accessKeyId, sessionToken)).toEqual({
      kind: 'role',
      arn: 'arn:aws:sts::123456789012:assumed-role/Writer/F',
      roleArn,
      roleName: 'Writer',
    })
  })

  test('does not know another key, a wrong token or a missing token', () => {
    const iam = iamWithRole([])
    const { accessKeyId, sessionToken } = iam.credentialsFor(roleArn)
    const other = iam.credentialsFor(roleArn)

    expect(iam.identify('ASIAAAAAAAAAAAAAAAAA', sessionToken)).toBeUndefined()
    expect(iam.identify(accessKeyId, other.sessionToken)).toBeUndefined()
    expect(iam.identify(accessKeyId)).toBeUndefined()
  })

  test('gives the developer credentials that are allowed everything and differ in every run', () => {
    const iam = createIam()
    const { accessKeyId, sessionToken } = iam.developerCredentials
    const caller = iam.identify(accessKeyId, sessionToken)

    expect(caller).toEqual({ kind: 'developer', arn: 'arn:aws:iam::000000000000:user/developer' })
    expect(caller && iam.authorize(caller, 'iot:Publish', '*').decision).toBe('allowed')
    expect(createIam().developerCredentials.accessKeyId).not.toBe(accessKeyId)
  })

  test('issues no credentials for an unknown role', () => {
    expect(() => createIam().credentialsFor(roleArn)).toThrow(`no role has the ARN ${roleArn}`)
  })
})

describe('authorization', () => {
  test('allows what an inline policy allows and names the statement', () => {
    expect(decide(iamWithRole([mayPut]), 'dynamodb:PutItem', table)).toEqual({
      decision: 'allowed',
      statement: { policy: 'Writer/Inline', index: 0 },
    })
  })

  test('denies what no policy allows', () => {
    const iam = iamWithRole([mayPut])

    expect(decide(iam, 'dynamodb:GetItem', table).decision).toBe('implicitDeny')
    expect(decide(iam, 'dynamodb:PutItem', `${table}/index/I`).decision).toBe('implicitDeny')
  })

  test('adds policies that are attached later, also to sessions that exist', () => {
    const iam = iamWithRole([])
    const { accessKeyId, sessionToken } = iam.credentialsFor(roleArn)
    const caller = iam.identify(accessKeyId, sessionToken)
    if (caller === undefined) throw new Error('not identified')
    iam.attachPolicy('Writer', policy({ Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' }, 'Attached'))

    expect(iam.authorize(caller, 'dynamodb:GetItem', table).decision).toBe('allowed')

    iam.attachPolicy('Writer', policy({ Effect: 'Deny', Action: '*', Resource: '*' }, 'Attached'))
    expect(iam.authorize(caller, 'dynamodb:GetItem', table).decision).toBe('explicitDeny')

    const redefined = { roleName: 'Writer', arn: roleArn, managedPolicyArns: [], assumeRolePolicy: trust }
    iam.redefineRole({ ...redefined, inlinePolicies: [mayPut] })
    expect(iam.authorize(caller, 'dynamodb:PutItem', table).decision).toBe('explicitDeny')

    iam.redefineRole({ ...redefined, inlinePolicies: [] })()
    expect(iam.authorize(caller, 'dynamodb:GetItem', table).decision).toBe('implicitDeny')
  })

  test('evaluates conditions on given and global keys', () => {
    const iam = iamWithRole([
      policy({
        Effect: 'Allow',
        Action: 'secretsmanager:GetSecretValue',
        Resource: '*',
        Condition: {
          StringEquals: { 'secretsmanager:VersionStage': 'AWSCURRENT', 'aws:PrincipalAccount': '123456789012' },
          DateLessThan: { 'aws:CurrentTime': '2026-06-01T00:00:00Z' },
        },
      }),
    ])
    const ask = (stage: string) =>
      decide(iam, 'secretsmanager:GetSecretValue', 'arn:x', { 'secretsmanager:VersionStage': stage }).decision

    expect(ask('AWSCURRENT')).toBe('allowed')
    expect(ask('AWSPENDING')).toBe('implicitDeny')
  })

  test.each([
    ['lambda.amazonaws.com', true],
    ['iot.amazonaws.com', false],
  ])('lets the trust policy decide whether %s may assume the role', (service, expected) => {
    expect(iamWithRole([]).mayAssume(roleArn, service)).toBe(expected)
  })
})

describe('refusals', () => {
  test('names role and ARN of an unknown managed policy', () => {
    const managed = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'

    expect(() => iamWithRole([], [managed])).toThrowErrorMatchingInlineSnapshot(
      `[IamError: role Writer uses arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole: the local runtime knows only managed policies of the template; write the statements into the role]`,
    )
  })

  test('names role and policy of a malformed document', () => {
    expect(() => iamWithRole([policy({ Effect: 'Allow', Resource: '*' })])).toThrow(/^Writer\/Inline: /)
    expect(() => iamWithRole([policy({ Effect: 'Allow', Resource: '*' })])).toThrow(
      expect.objectContaining({ code: 'POLICY_INVALID' }),
    )
  })

  test('refuses a role twice, a role without role ARN, and a policy for a missing role', () => {
    const iam = iamWithRole([])
    const role = {
      roleName: 'Writer',
      arn: roleArn,
      inlinePolicies: [],
      managedPolicyArns: [],
      assumeRolePolicy: trust,
    }

    expect(() => iam.defineRole(role)).toThrow(expect.objectContaining({ code: 'ROLE_EXISTS' }))
    expect(() => iam.defineRole({ ...role, roleName: 'X', arn: 'Writer' })).toThrow(
      expect.objectContaining({ code: 'ARN_INVALID' }),
    )
    expect(() => iam.attachPolicy('Nobody', mayPut)).toThrow(expect.objectContaining({ code: 'ROLE_NOT_FOUND' }))
  })
})

describe('permissions on functions', () => {
  const rule = 'arn:aws:iot:eu-west-1:123456789012:rule/Evaluate'
  const ask = { functionArn, servicePrincipal: 'iot.amazonaws.com', sourceArn: rule, sourceAccount: '123456789012' }
  const given = { functionArn, principal: 'iot.amazonaws.com', action: 'lambda:InvokeFunction' }

  test('allows the service from its source only', () => {
    const iam = createIam()
    iam.defineFunctionPermission({ ...given, sourceArn: rule, sourceAccount: '123456789012' })

    expect(iam.mayInvoke(ask)).toBe(true)
    expect(iam.mayInvoke({ ...ask, sourceArn: `${rule}2` })).toBe(false)
    expect(iam.mayInvoke({ ...ask, sourceAccount: '999999999999' })).toBe(false)
    expect(iam.mayInvoke({ ...ask, servicePrincipal: 'events.amazonaws.com' })).toBe(false)
    expect(iam.mayInvoke({ functionArn, servicePrincipal: 'iot.amazonaws.com' })).toBe(false)
  })

  test('takes wildcards in the source, and no source as any', () => {
    const iam = createIam()
    iam.defineFunctionPermission({ ...given, sourceArn: 'arn:aws:iot:eu-west-1:123456789012:rule/*' })
    expect(iam.mayInvoke(ask)).toBe(true)

    const open = createIam()
    open.defineFunctionPermission(given)
    expect(open.mayInvoke(ask)).toBe(true)
  })

  test('denies without any permission', () => {
    expect(createIam().mayInvoke(ask)).toBe(false)
  })
})
