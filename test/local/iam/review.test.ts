import { describe, expect, test } from 'vitest'
import { createIam, type Iam } from '#local/iam/index.ts'

const ROLE_ARN = 'arn:aws:iam::123456789012:role/Writer'
const TABLE = 'arn:aws:dynamodb:eu-west-1:123456789012:table/T'
const QUEUE = 'arn:aws:sqs:eu-west-1:123456789012:Q'
const BOUNDARY = 'arn:aws:iam::123456789012:policy/Boundary'
const TRUST = documentOf({
  Effect: 'Allow',
  Action: 'sts:AssumeRole',
  Principal: { Service: 'iot.amazonaws.com' },
  Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } },
})

function documentOf(...Statement: object[]) {
  return { Version: '2012-10-17', Statement }
}

function allow(Action: string | string[], Resource: string | string[], more: object = {}) {
  return { Effect: 'Allow', Action, Resource, ...more }
}

function setUp(statements: object[], role: { permissionsBoundaryArn?: string; managedPolicyArns?: string[] } = {}) {
  const iam = createIam({ accountId: '123456789012' })
  iam.defineManagedPolicy(BOUNDARY, documentOf(allow('dynamodb:*', TABLE), allow('sqs:*', '*')))
  iam.defineRole({
    roleName: 'Writer',
    arn: ROLE_ARN,
    inlinePolicies: [{ PolicyName: 'Own', PolicyDocument: documentOf(...statements) }],
    managedPolicyArns: [],
    assumeRolePolicy: TRUST,
    ...role,
  })
  return iam
}

function decide(iam: Iam, action: string, resource: string) {
  const { accessKeyId, sessionToken } = iam.credentialsFor(ROLE_ARN)
  const caller = iam.identify(accessKeyId, sessionToken)
  if (caller === undefined) throw new Error('not identified')
  return iam.authorize(caller, action, resource).decision
}

describe('a permissions boundary', () => {
  test('bounds what the role’s own policies allow, and allows nothing itself', () => {
    const iam = setUp([allow(['dynamodb:PutItem', 'iot:Publish'], '*')], { permissionsBoundaryArn: BOUNDARY })

    expect(decide(iam, 'dynamodb:PutItem', TABLE)).toBe('allowed')
    expect(decide(iam, 'iot:Publish', 'arn:aws:iot:eu-west-1:123456789012:topic/a')).toBe('implicitDeny')
    expect(decide(iam, 'dynamodb:GetItem', TABLE)).toBe('implicitDeny')
  })

  test('is refused when the template does not define it', () => {
    expect(() => setUp([], { permissionsBoundaryArn: `${BOUNDARY}2` })).toThrow(
      expect.objectContaining({ code: 'MANAGED_POLICY_UNKNOWN' }),
    )
  })
})

test('a managed policy of the template counts like the role’s own, named by the role or attached to it', () => {
  const named = setUp([], { managedPolicyArns: [BOUNDARY] })
  const attached = setUp([])
  attached.attachManagedPolicy('Writer', BOUNDARY)

  expect([decide(named, 'sqs:SendMessage', QUEUE), decide(attached, 'sqs:SendMessage', QUEUE)]).toEqual([
    'allowed',
    'allowed',
  ])
})

describe('the policy of a resource', () => {
  test('denies what the role’s own policies allow', () => {
    const iam = setUp([allow('sqs:SendMessage', QUEUE)])
    const Deny = { Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: QUEUE }
    const PolicyDocument = documentOf({ ...Deny, Condition: { Bool: { 'aws:SecureTransport': 'false' } } })
    iam.attachResourcePolicy(QUEUE, { PolicyName: 'secure', PolicyDocument })
    expect(decide(iam, 'sqs:SendMessage', QUEUE)).toBe('allowed')

    iam.attachResourcePolicy(QUEUE, { PolicyName: 'closed', PolicyDocument: documentOf(Deny) })
    expect(decide(iam, 'sqs:SendMessage', QUEUE)).toBe('explicitDeny')
  })

  test('allows a role that it names, and not by naming the account', () => {
    const iam = setUp([])
    const grant = (AWS: string) => documentOf({ ...allow('sqs:SendMessage', QUEUE), Principal: { AWS } })

    iam.attachResourcePolicy(QUEUE, { PolicyName: 'account', PolicyDocument: grant('arn:aws:iam::123456789012:root') })
    expect(decide(iam, 'sqs:SendMessage', QUEUE)).toBe('implicitDeny')
    iam.attachResourcePolicy(QUEUE, { PolicyName: 'role', PolicyDocument: grant(ROLE_ARN) })
    expect(decide(iam, 'sqs:SendMessage', QUEUE)).toBe('allowed')
  })

  test('is refused when it is none', () => {
    const bad = { PolicyName: 'bad', PolicyDocument: documentOf({ Effect: 'Maybe' }) }
    expect(() => setUp([]).attachResourcePolicy(QUEUE, bad)).toThrow(
      expect.objectContaining({ code: 'POLICY_INVALID' }),
    )
  })
})

test('a role is assumed only from where its trust policy says', () => {
  const iam = setUp([])

  expect(iam.mayAssume(ROLE_ARN, 'iot.amazonaws.com', { 'aws:SourceAccount': '123456789012' })).toBe(true)
  expect(iam.mayAssume(ROLE_ARN, 'iot.amazonaws.com', { 'aws:SourceAccount': '999999999999' })).toBe(false)
  expect(iam.mayAssume(ROLE_ARN, 'iot.amazonaws.com')).toBe(false)
})

describe('statements are found that', () => {
  test.each([
    ['allow every action', allow('*', TABLE), 'wide', '* allows every action'],
    ['allow a whole service', allow('dynamodb:*', TABLE), 'wide', 'dynamodb:* allows every action of a service'],
    ['allow every resource', allow('dynamodb:PutItem', '*'), 'wide', 'dynamodb:PutItem on every resource'],
    [
      'allow all but some actions',
      { Effect: 'Allow', NotAction: 'iam:*', Resource: TABLE },
      'wide',
      'NotAction allows every action that is not named',
    ],
    [
      'allow all but some resources',
      { Effect: 'Allow', Action: 'dynamodb:PutItem', NotResource: TABLE },
      'wide',
      'NotResource allows every resource that is not named',
    ],
    [
      'hold a variable that never has a value',
      allow('dynamodb:PutItem', `${TABLE}-\${aws:username}`),
      'unresolvable',
      '${aws:username} has no value here, so the statement never applies',
    ],
  ])('%s', (_, statement, kind, reason) => {
    const place = { role: 'Writer', policy: 'Writer/Own', statement: 1 }
    expect(setUp([allow('dynamodb:GetItem', TABLE), statement]).findings()).toEqual([{ ...place, kind, reason }])
  })

  test.each([
    ['name a resource', allow(['dynamodb:PutItem', 'dynamodb:Get*'], [TABLE, `${TABLE}/index/*`])],
    ['take actions that know no resource', allow(['xray:PutTraceSegments', 'cloudwatch:PutMetricData'], '*')],
    ['deny as much as they like', { Effect: 'Deny', Action: '*', Resource: '*' }],
    ['hold the caller’s ARN', allow('dynamodb:PutItem', `${TABLE}-\${aws:PrincipalAccount}`)],
  ])('and none that %s', (_, statement) => {
    expect(setUp([statement]).findings()).toEqual([])
  })
})

test('grants are counted by the statement that allowed an action; checks are no use', () => {
  const iam = setUp([
    allow(['dynamodb:GetItem', 'dynamodb:Put*'], TABLE),
    allow('sqs:SendMessage', QUEUE),
    { Effect: 'Deny', Action: 'sqs:PurgeQueue', Resource: '*' },
  ])
  iam.uncounted(() => void decide(iam, 'sqs:SendMessage', QUEUE))

  decide(iam, 'dynamodb:PutItem', TABLE)
  decide(iam, 'dynamodb:PutItem', TABLE)
  decide(iam, 'dynamodb:PutItem', `${TABLE}2`)

  const place = { role: 'Writer', policy: 'Writer/Own' }
  expect(iam.grantUse()).toEqual([
    { ...place, statement: 0, action: 'dynamodb:GetItem', resources: [TABLE], uses: 0 },
    { ...place, statement: 0, action: 'dynamodb:Put*', resources: [TABLE], uses: 2 },
    { ...place, statement: 1, action: 'sqs:SendMessage', resources: [QUEUE], uses: 0 },
  ])
})
