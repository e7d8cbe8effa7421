import { describe, expect, test } from 'vitest'
import { FUNCTION_NAMES } from '#lib/index.ts'
import { flatText, synthesizeStack } from './synthesized.ts'

const { resources, logicalId, template } = synthesizeStack({ events: true })

interface Statement {
  Effect: string
  Action: string | string[]
  Resource: unknown
  Condition?: unknown
}

/** Every statement of the policies attached to a role. */
function statementsOf(roleId: string): Statement[] {
  return Object.values(resources('AWS::IAM::Policy'))
    .filter(({ Properties }) => (Properties.Roles as { Ref: string }[]).some(({ Ref }) => Ref === roleId))
    .flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement)
}

/** `action resource` for every pair that the role allows, without the hashes of logical ids. */
function grantsOf(roleId: string): string[] {
  return statementsOf(roleId)
    .flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} ${flatText(resource)}`)),
    )
    .map((grant) => grant.replace(/[0-9A-F]{8}(?=[.>])/g, '').replace('arn:<AWS::Partition>:', ''))
    .map((grant) => grant.replace(':<AWS::Region>:<AWS::AccountId>:', ':'))
    .sort()
}

function roleOf(functionName: string): string {
  const id = logicalId('AWS::Lambda::Function', `"FunctionName":"mqtt-cloud-bridge-dev-${functionName}"`)
  const role = flatText(resources('AWS::Lambda::Function')[id]?.Properties.Role)
  return role.slice(1, -'.Arn>'.length)
}

describe('what each function may do', () => {
  test('announcer', () => {
    expect(grantsOf(roleOf('announcer'))).toMatchInlineSnapshot(`
      [
        "dynamodb:DescribeStream <TablesCorrelations.StreamArn>",
        "dynamodb:DescribeStream <TablesPresence.StreamArn>",
        "dynamodb:GetRecords <TablesCorrelations.StreamArn>",
        "dynamodb:GetRecords <TablesPresence.StreamArn>",
        "dynamodb:GetShardIterator <TablesCorrelations.StreamArn>",
        "dynamodb:GetShardIterator <TablesPresence.StreamArn>",
        "events:PutEvents <EventBus.Arn>",
        "logs:CreateLogStream <announcerLogs.Arn>",
        "logs:PutLogEvents <announcerLogs.Arn>",
      ]
    `)
  })

  test('api', () => {
    expect(grantsOf(roleOf('api'))).toMatchInlineSnapshot(`
      [
        "dynamodb:GetItem <TablesDevices.Arn>",
        "dynamodb:UpdateItem <TablesCorrelations.Arn>",
        "lambda:InvokeFunction <publisherFunction.Arn>",
        "logs:CreateLogStream <apiLogs.Arn>",
        "logs:PutLogEvents <apiLogs.Arn>",
        "sqs:SendMessage <DeadLettersapiQueue.Arn>",
      ]
    `)
  })

  test.each([
    ['requester', ['Success', 'Failure']],
    ['answers', ['Success', 'Failure', 'Heartbeat']],
    ['http', []],
  ])('%s asks devices, and takes what they answer', (name, words) => {
    const grants = grantsOf(roleOf(name)).filter((grant) => !grant.startsWith('logs:'))
    const writing = 'dynamodb:UpdateItem <TablesCorrelations.Arn>'
    const reading = name === 'requester' ? [] : ['dynamodb:GetItem <TablesCorrelations.Arn>']
    const asking = ['dynamodb:GetItem <TablesDevices.Arn>', 'lambda:InvokeFunction <publisherFunction.Arn>']
    const answering = ['lambda:InvokeFunction <publisherFunction.Arn>', 'sqs:SendMessage <DeadLettersanswersQueue.Arn>']
    const telling = words.flatMap((word) => [
      `lambda:SendDurableExecutionCallback${word} lambda:function:mqtt-cloud-bridge-dev-*`,
      `states:SendTask${word} *`,
    ])
    const own = name === 'answers' ? answering : asking
    expect(grants).toEqual([writing, ...reading, ...own, ...telling].sort())
  })

  test('authorizer', () => {
    expect(grantsOf(roleOf('authorizer'))).toMatchInlineSnapshot(`
      [
        "dynamodb:GetItem <TablesDevices.Arn>",
        "logs:CreateLogStream <authorizerLogs.Arn>",
        "logs:PutLogEvents <authorizerLogs.Arn>",
        "secretsmanager:GetSecretValue <IssuerSecret>",
        "secretsmanager:GetSecretValue <SecretsDeviceMaster>",
      ]
    `)
  })

  test('rotator', () => {
    expect(grantsOf(roleOf('rotator'))).toMatchInlineSnapshot(`
      [
        "logs:CreateLogStream <rotatorLogs.Arn>",
        "logs:PutLogEvents <rotatorLogs.Arn>",
        "secretsmanager:DescribeSecret <IssuerSecret>",
        "secretsmanager:GetSecretValue <IssuerSecret>",
        "secretsmanager:PutSecretValue <IssuerSecret>",
        "secretsmanager:UpdateSecretVersionStage <IssuerSecret>",
      ]
    `)
  })

  test('tokens', () => {
    expect(grantsOf(roleOf('tokens'))).toMatchInlineSnapshot(`
      [
        "dynamodb:GetItem <TablesDevices.Arn>",
        "logs:CreateLogStream <tokensLogs.Arn>",
        "logs:PutLogEvents <tokensLogs.Arn>",
        "secretsmanager:GetSecretValue <IssuerSecret>",
        "secretsmanager:GetSecretValue <SecretsDeviceMaster>",
      ]
    `)
  })

  test('conscience', () => {
    expect(grantsOf(roleOf('conscience'))).toMatchInlineSnapshot(`
      [
        "dynamodb:Query <TablesRules.Arn>",
        "dynamodb:UpdateItem <TablesCorrelations.Arn>",
        "lambda:InvokeFunction <publisherFunction.Arn>",
        "logs:CreateLogStream <conscienceLogs.Arn>",
        "logs:PutLogEvents <conscienceLogs.Arn>",
        "sqs:SendMessage <DeadLettersconscienceQueue.Arn>",
      ]
    `)
  })

  test('events', () => {
    expect(grantsOf(roleOf('events'))).toMatchInlineSnapshot(`
      [
        "dynamodb:UpdateItem <TablesStatus.Arn>",
        "lambda:InvokeFunction <publisherFunction.Arn>",
        "logs:CreateLogStream <eventsLogs.Arn>",
        "logs:PutLogEvents <eventsLogs.Arn>",
        "sqs:SendMessage <DeadLetterseventsQueue.Arn>",
      ]
    `)
  })

  test('memory', () => {
    expect(grantsOf(roleOf('memory'))).toMatchInlineSnapshot(`
      [
        "dynamodb:GetItem <TablesDevices.Arn>",
        "dynamodb:PutItem <TablesMemories.Arn>",
        "dynamodb:Query <TablesMemories.Arn>/index/by-time",
        "dynamodb:UpdateItem <TablesCorrelations.Arn>",
        "lambda:InvokeFunction <publisherFunction.Arn>",
        "logs:CreateLogStream <memoryLogs.Arn>",
        "logs:PutLogEvents <memoryLogs.Arn>",
        "sqs:SendMessage <DeadLettersmemoryQueue.Arn>",
      ]
    `)
  })

  test('presence', () => {
    expect(grantsOf(roleOf('presence'))).toMatchInlineSnapshot(`
      [
        "dynamodb:UpdateItem <TablesPresence.Arn>",
        "logs:CreateLogStream <presenceLogs.Arn>",
        "logs:PutLogEvents <presenceLogs.Arn>",
        "sqs:DeleteMessage <PresenceChecksQueue.Arn>",
        "sqs:GetQueueAttributes <PresenceChecksQueue.Arn>",
        "sqs:ReceiveMessage <PresenceChecksQueue.Arn>",
        "sqs:SendMessage <DeadLetterspresenceQueue.Arn>",
        "sqs:SendMessage <PresenceChecksQueue.Arn>",
      ]
    `)
  })

  test('publisher', () => {
    expect(grantsOf(roleOf('publisher'))).toMatchInlineSnapshot(`
      [
        "dynamodb:UpdateItem <TablesCorrelations.Arn>",
        "iot:Publish iot:topic/jamey/api/responses",
        "iot:Publish iot:topic/jamey/conscience/results",
        "iot:Publish iot:topic/jamey/devices/*/requests",
        "iot:Publish iot:topic/jamey/memory/updates",
        "iot:Publish iot:topic/jamey/responses/*",
        "iot:Publish iot:topic/org/*/device/*/command",
        "iot:Publish iot:topic/org/*/device/*/command/edge",
        "iot:SendDirectMessage iot:client/*",
        "logs:CreateLogStream <publisherLogs.Arn>",
        "logs:PutLogEvents <publisherLogs.Arn>",
        "sqs:SendMessage <DeadLetterspublisherQueue.Arn>",
      ]
    `)
  })

  test('registrar', () => {
    expect(grantsOf(roleOf('registrar'))).toMatchInlineSnapshot(`
      [
        "dynamodb:UpdateItem <TablesDevices.Arn>",
        "iot:DescribeDomainConfiguration <EndpointsMqtt.Arn>",
        "iot:DescribeDomainConfiguration <EndpointsWss.Arn>",
        "iot:UpdateThing iot:thing/cli-publish",
        "iot:UpdateThing iot:thing/cli-request",
        "iot:UpdateThing iot:thing/cli-subscribe",
        "iot:UpdateThing iot:thing/jamey-instance-1",
        "iot:UpdateThing iot:thing/jamey-instance-2",
        "iot:UpdateThing iot:thing/observer-1",
        "iot:UpdateThing iot:thing/operator-1",
        "logs:CreateLogStream <registrarLogs.Arn>",
        "logs:PutLogEvents <registrarLogs.Arn>",
      ]
    `)
  })
})

describe('least privilege', () => {
  test('every function has a role of its own, which Lambda alone assumes', () => {
    const roles = FUNCTION_NAMES.map(roleOf)

    expect(new Set(roles).size).toBe(FUNCTION_NAMES.length)
    for (const role of roles) {
      expect(resources('AWS::IAM::Role')[role]?.Properties.AssumeRolePolicyDocument).toEqual({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
      })
    }
  })

  test('no role has a managed policy, and none has an inline one beside those recorded above', () => {
    for (const { Properties } of Object.values(resources('AWS::IAM::Role'))) {
      expect(Properties).not.toHaveProperty('ManagedPolicyArns')
      expect(Properties).not.toHaveProperty('Policies')
    }
    template.resourceCountIs('AWS::IAM::ManagedPolicy', 0)
  })

  test('no statement names every action of a service, and only what knows no resource is allowed on all of them', () => {
    for (const roleId of Object.keys(resources('AWS::IAM::Role'))) {
      const grants = grantsOf(roleId)
      expect(grants).not.toHaveLength(0)
      for (const grant of grants) expect(grant).not.toMatch(/^\S*\*\S* |^(?!states:SendTask).* \*$/)
    }
  })

  test.each(['api', 'conscience', 'events', 'memory', 'authorizer'])('%s may do nothing in IoT Core', (name) => {
    expect(grantsOf(roleOf(name)).filter((grant) => grant.startsWith('iot:'))).toEqual([])
  })

  test('no function scans a table or deletes from one', () => {
    const grants = FUNCTION_NAMES.flatMap((name) => grantsOf(roleOf(name)))

    expect(grants.filter((grant) => /dynamodb:(Scan|Batch|Delete|PartiQL|\*)/.test(grant))).toEqual([])
  })

  test('what IoT Core does under a role, it does for this account and nowhere but in its own queue and log', () => {
    const functionRoles = FUNCTION_NAMES.map(roleOf)
    const others = Object.entries(resources('AWS::IAM::Role')).filter(([id]) => !functionRoles.includes(id))

    for (const [, { Properties }] of others) {
      expect(Properties.AssumeRolePolicyDocument).toMatchObject({
        Statement: [
          {
            Principal: { Service: 'iot.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ],
      })
    }
    expect(others.flatMap(([id]) => grantsOf(id))).toMatchInlineSnapshot(`
      [
        "sqs:SendMessage <RuleErrorsQueue.Arn>",
        "logs:CreateLogGroup logs:log-group:AWSIotLogsV2:*",
        "logs:CreateLogStream logs:log-group:AWSIotLogsV2:*",
        "logs:PutLogEvents logs:log-group:AWSIotLogsV2:*",
        "logs:PutRetentionPolicy logs:log-group:AWSIotLogsV2:*",
      ]
    `)
  })
})
