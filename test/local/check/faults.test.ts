import { expect, test } from 'vitest'
import { CHECKS, type CheckCode, checkAssembly, QUOTAS } from '#local/check/index.ts'
import type { JsonObject, JsonValue } from '#local/template/index.ts'
import { LOGS, lambdaFunction, role, type TemplateResources } from '../resources/set-up.ts'
import { writeAssembly } from '../runtime/set-up.ts'

const ARN = 'arn:aws:iot:us-east-1:000000000000'
const RULE_ARN = `${ARN}:rule/r`
const echoArn = { 'Fn::GetAtt': ['Echo', 'Arn'] }
const workerArn = { 'Fn::GetAtt': ['Worker', 'Arn'] }
const rule = (actions: JsonObject[], payload: JsonObject = {}, RuleName = 'r') => ({
  Type: 'AWS::IoT::TopicRule',
  Properties: { RuleName, TopicRulePayload: { Sql: "SELECT * FROM 'a/b'", Actions: actions, ...payload } },
})
const toEcho = { Lambda: { FunctionArn: echoArn } }
const permission = (properties: JsonObject = {}) => ({
  Type: 'AWS::Lambda::Permission',
  Properties: {
    FunctionName: echoArn,
    Principal: 'iot.amazonaws.com',
    Action: 'lambda:InvokeFunction',
    SourceArn: RULE_ARN,
    SourceAccount: '000000000000',
    ...properties,
  },
})
const withoutSource = (properties: JsonObject = {}) => {
  const { Type, Properties } = permission(properties)
  const { SourceArn: _, SourceAccount: __, ...rest } = Properties
  return { Type, Properties: rest as JsonObject }
}
const worker = (grants: Parameters<typeof role>[0], service = 'iot.amazonaws.com') => {
  const { Type, Properties = {} } = role(grants, service)
  return { Type, Properties: { ...Properties, RoleName: 'actions' } }
}
const authorizer = (properties: JsonObject = {}) => ({
  Type: 'AWS::IoT::Authorizer',
  Properties: { AuthorizerName: 'a', AuthorizerFunctionArn: echoArn, SigningDisabled: true, ...properties },
})
const forAuthorizer = permission({ SourceArn: `${ARN}:authorizer/a` })
const many = (number: number, one: (index: number) => TemplateResources[string]) =>
  Object.fromEntries(Array.from({ length: number }, (_, index) => [`Many${index}`, one(index)]))
const FUNCTION: TemplateResources = { Role: role([LOGS]), Echo: lambdaFunction('echo') }
const SOUND: TemplateResources = { ...FUNCTION, Rule: rule([toEcho]), Permission: permission() }
const queue = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q' } }
const policy = (Statement: JsonValue) => ({
  Type: 'AWS::IoT::Policy',
  Properties: { PolicyName: 'p', PolicyDocument: { Version: '2012-10-17', Statement } },
})
const connectTo = (clients: string) => ({
  Effect: 'Allow',
  Action: 'iot:Connect',
  Resource: `${ARN}:client/${clients}`,
})

const stateMachine = (state: JsonObject) => ({
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: {
    StateMachineName: 'm',
    RoleArn: workerArn,
    DefinitionString: JSON.stringify({ StartAt: 'One', States: { One: state } }),
  },
})
const EVENT_RULE_ARN = 'arn:aws:events:us-east-1:000000000000:rule/e'
const eventRule = (targets: JsonObject[]) => ({
  Type: 'AWS::Events::Rule',
  Properties: { Name: 'e', EventPattern: { source: ['s'] }, Targets: targets },
})

async function found(resources: TemplateResources, rest: JsonObject = {}) {
  const problems = await checkAssembly(
    writeAssembly({ Resources: resources, ...rest } as JsonObject, { echo: 'export const handler = 1' }),
  )
  return problems.map(({ code, logicalId, what }) => `${code} ${logicalId}: ${what}`)
}

test('nothing is wrong with what is sound', async () => {
  expect(await found(SOUND)).toEqual([])
})

const FAULTS: Readonly<
  Record<Exclude<CheckCode, 'fleet_invalid' | 'role_policies_large'>, [TemplateResources, string]>
> = {
  template_invalid: [{ It: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Nobody' } } } }, 'Nobody'],
  resource_invalid: [
    { It: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: -1 } } },
    'It: .*VisibilityTimeout',
  ],
  sql_invalid: [{ It: rule([], { Sql: "SELECT nothing(1) FROM 'a'" }) }, 'It: rule "r", line 1, column 8: .*nothing'],
  sql_doubtful: [{ It: rule([], { Sql: "SELECT floor(1, 2) AS n FROM 'a'" }) }, 'line 1, column'],
  event_pattern_invalid: [
    { It: { Type: 'AWS::Events::Rule', Properties: { EventPattern: { source: 'x' } } } },
    'It: Event pattern is not valid',
  ],
  state_machine_invalid: [
    {
      Worker: worker([], 'states.amazonaws.com'),
      It: stateMachine({ Type: 'Pass', Assign: { x: 1 }, End: true }),
    },
    'It: state One: Assign: .*would ignore it',
  ],
  rule_name_invalid: [{ It: rule([], {}, 'not-legal') }, 'It: rule not-legal'],
  rule_actions_exceeded: [{ ...FUNCTION, It: rule(Array(11).fill(toEcho)) }, 'It: rule r: expected at most 10'],
  policy_invalid: [{ It: policy({ Effect: 'Perhaps', Action: 'iot:Connect', Resource: '*' }) }, 'It: .*Effect'],
  policy_too_large: [{ It: policy(connectTo('x'.repeat(2_048))) }, 'It: policy p takes'],
  authorizer_invalid: [
    {
      ...FUNCTION,
      Permission: forAuthorizer,
      It: authorizer({ TokenKeyName: 'no spaces' }),
    },
    'It: TokenKeyName no spaces',
  ],
  authorizer_slow: [
    { Role: role([LOGS]), Echo: lambdaFunction('echo', { Timeout: 6 }), Permission: forAuthorizer, It: authorizer() },
    'It: the function may take 6 s',
  ],
  role_not_assumable: [
    {
      Queue: queue,
      Worker: worker(
        [{ action: 'sqs:SendMessage', resource: 'arn:aws:sqs:us-east-1:000000000000:q' }],
        'ec2.amazonaws.com',
      ),
      It: rule([{ Sqs: { QueueUrl: { Ref: 'Queue' }, RoleArn: workerArn } }]),
    },
    'It: iot.amazonaws.com may not assume arn:aws:iam::000000000000:role/actions',
  ],
  role_trust_wide: [
    {
      It: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '*' } }],
          },
        },
      },
    },
    'It: everybody',
  ],
  permission_missing: [
    { ...FUNCTION, It: rule([toEcho]) },
    'It: iot.amazonaws.com may not invoke .*function:echo for .*rule/r',
  ],
  permission_too_wide: [{ ...SOUND, It: withoutSource() }, 'It: .*names no source'],
  permission_unused: [
    { ...SOUND, It: permission({ SourceArn: `${ARN}:rule/other` }) },
    'It: nothing of this stack is .*rule/other',
  ],
  grant_missing: [
    { Queue: queue, Worker: worker([]), It: rule([{ Sqs: { QueueUrl: { Ref: 'Queue' }, RoleArn: workerArn } }]) },
    'It: AccessDeniedException: .*sqs:SendMessage on resource: arn:aws:sqs:us-east-1:000000000000:q',
  ],
  grant_wide: [{ It: worker([{ action: 's3:*', resource: 'arn:aws:s3:::b' }]) }, 'It: .*s3:\\* allows every action'],
  grant_unresolvable: [
    { It: worker([{ action: 's3:GetObject', resource: 'arn:aws:s3:::b/${cognito-identity.amazonaws.com:sub}' }]) },
    'It: .*has no value here',
  ],
  quota_exceeded: [
    many(11, (index) => ({
      Type: 'AWS::IoT::DomainConfiguration',
      Properties: { DomainConfigurationName: `d${index}` },
    })),
    ': 11 of 10 domain configurations',
  ],
  quota_near: [
    many(9, (index) => ({
      Type: 'AWS::IoT::DomainConfiguration',
      Properties: { DomainConfigurationName: `d${index}` },
    })),
    ': 9 of 10 domain configurations',
  ],
  property_unknown: [{ It: { Type: 'AWS::IoT::ThingType', Properties: { Colour: 'red' } } }, 'It: .*Colour'],
  unsupported_here: [
    { It: { Type: 'AWS::SNS::Topic', Properties: {} } },
    'It: the local runtime does not know this type',
  ],
  not_checked: [{ ...FUNCTION, Role: role([LOGS], 'ec2.amazonaws.com'), It: rule([toEcho]) }, 'It: it refers to Echo'],
}

test.each(Object.entries(FAULTS))('%s is found, with its resource', async (code, [resources, text]) => {
  expect(await found(resources)).toContainEqual(expect.stringMatching(new RegExp(`^${code} .*${text}`)))
})

test('all that is wrong is found at once, errors first, each with how to mend it', async () => {
  const problems = await checkAssembly(
    writeAssembly(
      {
        Resources: {
          ...FUNCTION,
          Wide: permission({ Principal: '*' }),
          Rule: rule([], { Sql: 'SELECT' }),
          Other: rule([toEcho], {}, 'other'),
          Unknown: { Type: 'AWS::SNS::Topic' },
        },
      } as JsonObject,
      { echo: '' },
    ),
  )
  expect(problems.map(({ code, logicalId }) => `${code} ${logicalId}`)).toEqual([
    'sql_invalid Rule',
    'permission_missing Other',
    'permission_too_wide Wide',
    'unsupported_here Unknown',
  ])
  for (const { code, mend, severity } of problems) expect([severity, mend]).toEqual(CHECKS[code])
})

test.each<[string, JsonObject]>([
  ['of one source whatever its name', { SourceArn: `${ARN}:rule/*` }],
  ['of every account', { SourceArn: 'arn:aws:iot:us-east-1:*:rule/r' }],
  [
    'of every API',
    { Principal: 'apigateway.amazonaws.com', SourceArn: 'arn:aws:execute-api:us-east-1:000000000000:*/*/GET/x' },
  ],
  [
    'of every route',
    { Principal: 'apigateway.amazonaws.com', SourceArn: 'arn:aws:execute-api:us-east-1:000000000000:api/*' },
  ],
  ['of everything', { Action: 'lambda:*' }],
])('a permission %s is too wide', async (_, properties) => {
  expect(await found({ ...SOUND, It: permission(properties) })).toEqual([
    expect.stringMatching(/^permission_too_wide It: /),
  ])
})

const role500 = { Type: 'AWS::Logs::LogGroup', Properties: {} }
test.each<[keyof typeof QUOTAS, TemplateResources, JsonObject?]>([
  ['resourcesOfStack', many(501, () => role500)],
  [
    'parametersOfTemplate',
    { It: role500 },
    { Parameters: Object.fromEntries(many201({ Type: 'String', Default: '' })) },
  ],
  ['outputsOfTemplate', { It: role500 }, { Outputs: Object.fromEntries(many201({ Value: 'x' })) }],
  ['templateBytes', { It: role500 }, { Description: 'x'.repeat(1_048_576) }],
  ['activeAuthorizers', { ...FUNCTION, ...many(33, (index) => authorizer({ AuthorizerName: `a${index}` })) }],
  [
    'authorizers',
    { ...FUNCTION, ...many(101, (index) => authorizer({ AuthorizerName: `a${index}`, Status: 'INACTIVE' })) },
  ],
  ['rules', many(1_001, (index) => rule([], {}, `r${index}`))],
  ['rulePayloadBytes', { It: rule([], { Description: 'x'.repeat(128 * 1024) }) }],
  [
    'attributesWithoutType',
    {
      It: { Type: 'AWS::IoT::Thing', Properties: { AttributePayload: { Attributes: { a: '', b: '', c: '', d: '' } } } },
    },
  ],
  [
    'searchableAttributes',
    {
      It: {
        Type: 'AWS::IoT::ThingType',
        Properties: { ThingTypeProperties: { SearchableAttributes: ['a', 'b', 'c', 'd'] } },
      },
    },
  ],
  [
    'environmentBytes',
    { Role: role([LOGS]), Echo: lambdaFunction('echo', { Environment: { Variables: { V: 'x'.repeat(4_096) } } }) },
  ],
  [
    'functionPolicyBytes',
    { ...FUNCTION, ...many(80, (index) => permission({ SourceArn: `${ARN}:rule/${'r'.repeat(100)}${index}` })) },
  ],
  [
    'inlinePolicyCharacters',
    { It: worker(Array(100).fill({ action: 's3:GetObject', resource: `arn:aws:s3:::${'b'.repeat(60)}` })) },
  ],
  [
    'managedPolicyCharacters',
    {
      It: {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: {
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${'b'.repeat(6_144)}` },
          },
        },
      },
    },
  ],
  [
    'trustPolicyCharacters',
    {
      It: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: Array(20).fill({
              Effect: 'Allow',
              Action: 'sts:AssumeRole',
              Principal: { Service: `${'x'.repeat(60)}.amazonaws.com` },
            }),
          },
        },
      },
    },
  ],
  ['managedPoliciesOfRole', { ...many(11, (index) => managed(index)), It: withManaged(11) }],
])('the quota %s is held', async (name, resources, rest = {}) => {
  const { unit, limit } = QUOTAS[name]
  const text = expect.stringMatching(new RegExp(`^quota_exceeded .* of ${limit.toLocaleString('en-US')} ${unit}`))
  expect(await found(resources, rest)).toContainEqual(text)
})

function many201(value: JsonObject): [string, JsonObject][] {
  return Array.from({ length: 201 }, (_, index) => [`P${index}`, value])
}

function managed(index: number): TemplateResources[string] {
  const PolicyDocument = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b' },
  }
  return { Type: 'AWS::IAM::ManagedPolicy', Properties: { ManagedPolicyName: `m${index}`, PolicyDocument } }
}

function withManaged(number: number): TemplateResources[string] {
  const { Type, Properties = {} } = worker([])
  return {
    Type,
    Properties: {
      ...Properties,
      ManagedPolicyArns: Array.from({ length: number }, (_, index) => ({ Ref: `Many${index}` })),
    },
  }
}

test('a grant that the platform needs is found for each that is missing, not for the first only', async () => {
  const problems = await found({ Role: role([]), Echo: lambdaFunction('echo') })
  expect(problems).toEqual([
    expect.stringMatching(/^grant_missing Echo: .*logs:CreateLogStream/),
    expect.stringMatching(/^grant_missing Echo: .*logs:PutLogEvents/),
  ])
})

test('a destination and a dead-letter queue that the role may not reach are found', async () => {
  const queueArn = { 'Fn::GetAtt': ['Queue', 'Arn'] }
  const problems = await found({
    Queue: queue,
    Role: role([LOGS]),
    Echo: lambdaFunction('echo', { DeadLetterConfig: { TargetArn: queueArn } }),
    Config: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: { FunctionName: 'echo', DestinationConfig: { OnFailure: { Destination: queueArn } } },
    },
  })
  expect(problems).toEqual([
    expect.stringMatching(/^grant_missing Echo: .*sqs:SendMessage/),
    expect.stringMatching(/^grant_missing Config: .*sqs:SendMessage/),
  ])
})

const LIVE = 'arn:aws:lambda:us-east-1:000000000000:function:echo:live'

test.each<[string, TemplateResources, string[]]>([
  [
    'a rule of a bus with a function by its alias',
    {
      ...FUNCTION,
      Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Echo' } } },
      Alias: {
        Type: 'AWS::Lambda::Alias',
        Properties: {
          FunctionName: { Ref: 'Echo' },
          FunctionVersion: { 'Fn::GetAtt': ['Version', 'Version'] },
          Name: 'live',
        },
      },
      Rule: eventRule([{ Id: '1', Arn: { Ref: 'Alias' } }]),
      Permission: permission({
        FunctionName: { Ref: 'Alias' },
        Principal: 'events.amazonaws.com',
        SourceArn: EVENT_RULE_ARN,
      }),
    },
    [],
  ],
  [
    'a rule of a bus that may not invoke its function',
    { ...FUNCTION, Rule: eventRule([{ Id: '1', Arn: echoArn }]) },
    ['permission_missing Rule: events.amazonaws.com may not invoke'],
  ],
  [
    'a rule of a bus that may not send to its queue',
    { Queue: queue, Rule: eventRule([{ Id: '1', Arn: { 'Fn::GetAtt': ['Queue', 'Arn'] } }]) },
    ['permission_missing Rule: events.amazonaws.com may not send to'],
  ],
  [
    'a durable function whose role may not keep its state',
    { Role: role([LOGS]), Echo: lambdaFunction('echo', { DurableConfig: { ExecutionTimeout: 60 } }) },
    [
      'grant_missing Echo: .*lambda:CheckpointDurableExecution',
      'grant_missing Echo: .*lambda:GetDurableExecutionState',
    ],
  ],
  [
    'a state machine that may not do its tasks',
    {
      Worker: worker([], 'states.amazonaws.com'),
      It: stateMachine({
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Parameters: { FunctionName: LIVE, 'Payload.$': '$' },
        End: true,
      }),
    },
    ['grant_missing It: .*lambda:InvokeFunction on resource: .*function:echo:live'],
  ],
])('%s', async (_, resources, expected) => {
  const all = await found(resources)

  expect(all).toHaveLength(expected.length)
  for (const [index, text] of expected.entries()) expect(all[index]).toMatch(new RegExp(text))
})
