import { describe, expect, test } from 'vitest'
import type { InboundMessage } from '#local/broker/index.ts'
import { RESOURCE_EMULATORS } from '#local/resources/index.ts'
import { ACCOUNT, setUp, type TemplateResources } from './set-up.ts'

const policy = (action: string, resource: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: action, Resource: resource }],
})
const arn = (service: string, resource: string) =>
  `arn:aws:${service}:${ACCOUNT.region}:${ACCOUNT.accountId}:${resource}`

/** Ref and Arn of the resource `It`, created alone. */
async function valuesOf(Type: string, Properties: NonNullable<TemplateResources[string]['Properties']> = {}) {
  const { context, create } = await setUp()
  const stack = await create({ It: { Type, Properties } })
  const it = stack.resource('It')
  return { context, ref: it.ref, arn: it.attribute('Arn'), attribute: (name: string) => it.attribute(name) }
}

const TABLE = {
  TableName: 'things',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
}

describe('state', () => {
  test('a table takes items at once', async () => {
    const { context, ref, arn: tableArn } = await valuesOf('AWS::DynamoDB::Table', TABLE)

    const { status } = await context.dynamoDb.handle('PutItem', { TableName: 'things', Item: { id: { S: 'a' } } })

    expect({ ref, tableArn, status }).toEqual({ ref: 'things', tableArn: arn('dynamodb', 'table/things'), status: 200 })
  })

  test('a secret is generated once, and its Ref is its ARN', async () => {
    const { context, ref } = await valuesOf('AWS::SecretsManager::Secret', {
      Name: 'key',
      GenerateSecretString: { PasswordLength: 40, GenerateStringKey: 'secret', SecretStringTemplate: '{"kid":"k1"}' },
    })

    const { SecretString } = context.secrets.handle('GetSecretValue', { SecretId: String(ref) })

    expect(ref).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:key-\w{6}$/)
    expect(JSON.parse(String(SecretString))).toEqual({ kid: 'k1', secret: expect.stringMatching(/^.{40}$/) })
  })

  test('a queue has a URL on the local API, and a name of its own where the template gives none', async () => {
    const { context, ref, attribute } = await valuesOf('AWS::SQS::Queue', { MessageRetentionPeriod: 60 })

    const name = String(attribute('QueueName'))

    expect(name).toMatch(/^test-It-[0-9A-F]{8}$/)
    expect(ref).toBe(`${context.apiUrl}/000000000000/${name}`)
    expect(context.sqs.queues()).toEqual([{ name, arn: arn('sqs', name) }])
  })

  test('a queue may be named and tagged', async () => {
    const { attribute } = await valuesOf('AWS::SQS::Queue', { QueueName: 'jobs', Tags: [{ Key: 'a', Value: 'b' }] })

    expect(attribute('QueueName')).toBe('jobs')
  })
})

describe('identity', () => {
  test('a role has the policies in it and those attached to it', async () => {
    const { context, create } = await setUp()
    const stack = await create({
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
          },
          Policies: [{ PolicyName: 'inside', PolicyDocument: policy('sqs:SendMessage', 'arn:aws:sqs:::q') }],
        },
      },
      Policy: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          PolicyName: 'attached',
          PolicyDocument: policy('iot:Publish', 'arn:aws:iot:::topic/a'),
          Roles: [{ Ref: 'Role' }],
        },
      },
    })
    const roleArn = String(stack.resource('Role').attribute('Arn'))

    const { accessKeyId, sessionToken } = context.iam.credentialsFor(roleArn)
    const caller = context.iam.identify(accessKeyId, sessionToken)
    if (!caller) throw new Error('the credentials are not known')

    expect(context.iam.authorize(caller, 'sqs:SendMessage', 'arn:aws:sqs:::q').decision).toBe('allowed')
    expect(context.iam.authorize(caller, 'iot:Publish', 'arn:aws:iot:::topic/a').decision).toBe('allowed')
    expect(context.iam.authorize(caller, 'iot:Publish', 'arn:aws:iot:::topic/b').decision).toBe('implicitDeny')
    expect(context.iam.mayAssume(roleArn, 'lambda.amazonaws.com')).toBe(true)
    expect(context.iam.mayAssume(roleArn, 'iot.amazonaws.com')).toBe(false)
  })

  test.each([
    ['by its ARN', arn('lambda', 'function:echo')],
    ['by its name', 'echo'],
  ])('a permission names the function %s', async (_, FunctionName) => {
    const { context } = await valuesOf('AWS::Lambda::Permission', {
      FunctionName,
      Action: 'lambda:InvokeFunction',
      Principal: 'iot.amazonaws.com',
      SourceArn: arn('iot', 'rule/echo'),
      SourceAccount: ACCOUNT.accountId,
    })
    const request = {
      functionArn: arn('lambda', 'function:echo'),
      servicePrincipal: 'iot.amazonaws.com',
      sourceArn: arn('iot', 'rule/echo'),
      sourceAccount: ACCOUNT.accountId,
    }

    expect(context.iam.mayInvoke(request)).toBe(true)
    expect(context.iam.mayInvoke({ ...request, sourceArn: arn('iot', 'rule/other') })).toBe(false)
    expect(context.iam.mayInvoke({ ...request, servicePrincipal: 's3.amazonaws.com' })).toBe(false)
  })
})

describe('IoT Core', () => {
  test('things, thing types and policies are in the registry under their names', async () => {
    const { context, create } = await setUp()

    const stack = await create({
      Type: { Type: 'AWS::IoT::ThingType', Properties: { ThingTypeName: 'lamp' } },
      Thing: {
        Type: 'AWS::IoT::Thing',
        Properties: { ThingName: 'lamp-1', AttributePayload: { Attributes: { floor: 3 } } },
      },
      Policy: {
        Type: 'AWS::IoT::Policy',
        Properties: { PolicyName: 'read', PolicyDocument: policy('iot:Receive', arn('iot', 'topic/a')) },
      },
    })

    expect(context.iot.thingTypes).toEqual(new Set(['lamp']))
    expect(context.iot.things.get('lamp-1')).toEqual({ thingName: 'lamp-1', attributes: { floor: '3' } })
    expect(context.iot.policies.get('read')?.arn).toBe(arn('iot', 'policy/read'))
    expect(stack.resource('Thing').ref).toBe('lamp-1')
    expect(stack.resource('Type').attribute('Arn')).toBe(arn('iot', 'thingtype/lamp'))
  })

  test('an authorizer and an endpoint with it', async () => {
    const { context, create } = await setUp()

    await create({
      Authorizer: {
        Type: 'AWS::IoT::Authorizer',
        Properties: {
          AuthorizerName: 'tokens',
          AuthorizerFunctionArn: 'arn:f',
          SigningDisabled: true,
          Status: 'ACTIVE',
        },
      },
      Domain: {
        Type: 'AWS::IoT::DomainConfiguration',
        Properties: {
          DomainConfigurationName: 'mqtt',
          AuthenticationType: 'CUSTOM_AUTH',
          ApplicationProtocol: 'SECURE_MQTT',
          AuthorizerConfig: { DefaultAuthorizerName: { Ref: 'Authorizer' }, AllowAuthorizerOverride: false },
          TlsConfig: { SecurityPolicy: 'IoTSecurityPolicy_TLS13_1_3_2022_10' },
        },
      },
    })

    expect(context.iot.authorizers.get('tokens')).toMatchObject({ functionArn: 'arn:f', isActive: true })
    expect(context.iot.domains.get('mqtt')).toMatchObject({
      domainName: 'localhost',
      defaultAuthorizerName: 'tokens',
      allowAuthorizerOverride: false,
      isEnabled: true,
    })
  })

  test('a topic rule runs until it is disposed of', async () => {
    const { context, create, ruleEvents } = await setUp()
    const stack = await create({
      Rule: {
        Type: 'AWS::IoT::TopicRule',
        Properties: {
          RuleName: 'echo',
          TopicRulePayload: {
            Sql: "SELECT topic() AS topic FROM 'a/+'",
            AwsIotSqlVersion: '2016-03-23',
            Actions: [{ Lambda: { FunctionArn: 'arn:f' } }],
          },
        },
      },
    })
    const message: InboundMessage = {
      topic: 'a/b',
      payload: Buffer.from('{}'),
      qos: 0,
      retain: false,
      properties: {},
      receivedAtMs: 0,
      clientId: 'c',
      principalId: 'p',
      traceId: 't',
      origin: 'client',
      sourceAddress: '127.0.0.1',
    }

    await context.rules.handle(message)
    const ruleArn = stack.resource('Rule').attribute('Arn')
    await stack.dispose()
    await context.rules.handle(message)

    expect(ruleEvents).toEqual([{ functionArn: 'arn:f', event: { topic: 'a/b' } }])
    expect(ruleArn).toBe(arn('iot', 'rule/echo'))
  })
})

test.each([
  ['AWS::CloudWatch::Dashboard', { DashboardName: 'page' }, 'page', arn('cloudwatch', 'dashboard/page')],
  ['AWS::Logs::LogGroup', { LogGroupName: '/a/b' }, '/a/b', arn('logs', 'log-group:/a/b:*')],
  ['AWS::IoT::Logging', {}, undefined, undefined],
  ['AWS::SQS::QueuePolicy', {}, undefined, undefined],
])('%s has no effect here, but the values that others refer to', async (type, properties, ref, itsArn) => {
  const values = await valuesOf(type, properties)

  if (itsArn === undefined) expect(values.ref).toMatch(/^test-It-/)
  else expect({ ref: values.ref, arn: values.arn }).toEqual({ ref, arn: itsArn })
})

describe('what AWS would refuse, or the runtime cannot run, stops the start with type, logical id and property:', () => {
  test.each<[string, string, NonNullable<TemplateResources[string]['Properties']>, string | RegExp]>([
    ['a table without keys', 'AWS::DynamoDB::Table', { TableName: 'things' }, /table things: /],
    ['a queue with an attribute that is none', 'AWS::SQS::Queue', { Color: 'red' }, 'Unknown Attribute Color.'],
    ['a queue out of range', 'AWS::SQS::Queue', { DelaySeconds: 901 }, 'DelaySeconds: expected 0 to 900, got 901'],
    [
      'a secret with two sources',
      'AWS::SecretsManager::Secret',
      { SecretString: 'a', GenerateSecretString: {} },
      'expected SecretString or GenerateSecretString, got both',
    ],
    [
      'a role with a managed policy',
      'AWS::IAM::Role',
      { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] },
      /the local runtime knows only managed policies of the template/,
    ],
    ['a role without trust', 'AWS::IAM::Role', {}, /trust policy/],
    [
      'a policy for a role that is not there',
      'AWS::IAM::Policy',
      { PolicyName: 'p', PolicyDocument: policy('a:B', '*'), Roles: ['nobody'] },
      'names role nobody, which does not exist',
    ],
    [
      'a policy without name',
      'AWS::IAM::Policy',
      {},
      'AWS::IAM::Policy It: expected PolicyName to be text, got undefined',
    ],
    ['a permission without function', 'AWS::Lambda::Permission', {}, 'expected FunctionName to be text, got undefined'],
    [
      'an authorizer with gateway signing and no token key name',
      'AWS::IoT::Authorizer',
      { AuthorizerFunctionArn: 'arn:f' },
      'TokenKeyName does not fit',
    ],
    [
      'an authorizer without function',
      'AWS::IoT::Authorizer',
      { SigningDisabled: true },
      'expected AuthorizerFunctionArn to be text, got undefined',
    ],
    [
      'a policy document with an element that is none',
      'AWS::IoT::Policy',
      { PolicyName: 'p', PolicyDocument: { Version: '2012-10-17', Statement: [{ Effects: 'Allow' }] } },
      /Effects/,
    ],
    [
      'a policy document of over 2,048 characters',
      'AWS::IoT::Policy',
      { PolicyName: 'p', PolicyDocument: policy('iot:Publish', arn('iot', `topic/${'x'.repeat(2_048)}`)) },
      /policy p takes 2\d{3} of 2048 characters/,
    ],
    ['a thing with a number as name', 'AWS::IoT::Thing', { ThingName: 7 }, 'expected ThingName to be text, got 7'],
    [
      'an endpoint whose configuration is text',
      'AWS::IoT::DomainConfiguration',
      { AuthorizerConfig: 'tokens' },
      'expected AuthorizerConfig to be an object, got "tokens"',
    ],
    [
      'a rule without SQL',
      'AWS::IoT::TopicRule',
      { TopicRulePayload: { Actions: [] } },
      'expected Sql to be text, got undefined',
    ],
    [
      'a rule in a dialect that is none',
      'AWS::IoT::TopicRule',
      { RuleName: 'r', TopicRulePayload: { Sql: "SELECT * FROM 'a'", AwsIotSqlVersion: 'beta2', Actions: [] } },
      /expected AwsIotSqlVersion .*, found "beta2"/,
    ],
    [
      'a rule with SQL that does not run',
      'AWS::IoT::TopicRule',
      { RuleName: 'r', TopicRulePayload: { Sql: 'SELECT FROM', AwsIotSqlVersion: '2016-03-23', Actions: [] } },
      /rule "r", line 1, column 8/,
    ],
    [
      'a rule with an action that is not emulated',
      'AWS::IoT::TopicRule',
      {
        RuleName: 'r',
        TopicRulePayload: { Sql: "SELECT * FROM 'a'", AwsIotSqlVersion: '2016-03-23', Actions: [{ S3: {} }] },
      },
      'rule r: the local runtime has the actions DynamoDBv2, Lambda, Republish, Sqs, StepFunctions, got S3',
    ],
    [
      'a rule whose action names no function',
      'AWS::IoT::TopicRule',
      {
        RuleName: 'r',
        TopicRulePayload: { Sql: "SELECT * FROM 'a'", AwsIotSqlVersion: '2016-03-23', Actions: [{ Lambda: {} }] },
      },
      'rule r: expected FunctionArn to be text, got undefined',
    ],
  ])('%s', async (_, type, properties, reason) => {
    const { create } = await setUp()

    const creating = create({ It: { Type: type, Properties: properties } })

    await expect(creating).rejects.toMatchObject({
      code: 'RESOURCE_FAILED',
      message: typeof reason === 'string' ? expect.stringContaining(reason) : expect.stringMatching(reason),
    })
  })
})

test('the types that are emulated', () => {
  expect(Object.keys(RESOURCE_EMULATORS).sort()).toMatchInlineSnapshot(`
    [
      "AWS::ApiGatewayV2::Api",
      "AWS::ApiGatewayV2::Authorizer",
      "AWS::ApiGatewayV2::Integration",
      "AWS::ApiGatewayV2::Route",
      "AWS::ApiGatewayV2::Stage",
      "AWS::CloudWatch::Alarm",
      "AWS::CloudWatch::Dashboard",
      "AWS::DynamoDB::Table",
      "AWS::Events::EventBus",
      "AWS::Events::EventBusPolicy",
      "AWS::Events::Rule",
      "AWS::IAM::ManagedPolicy",
      "AWS::IAM::Policy",
      "AWS::IAM::Role",
      "AWS::IoT::Authorizer",
      "AWS::IoT::DomainConfiguration",
      "AWS::IoT::Logging",
      "AWS::IoT::Policy",
      "AWS::IoT::Thing",
      "AWS::IoT::ThingGroup",
      "AWS::IoT::ThingType",
      "AWS::IoT::TopicRule",
      "AWS::Lambda::Alias",
      "AWS::Lambda::EventInvokeConfig",
      "AWS::Lambda::EventSourceMapping",
      "AWS::Lambda::Function",
      "AWS::Lambda::Permission",
      "AWS::Lambda::Version",
      "AWS::Logs::LogGroup",
      "AWS::SQS::Queue",
      "AWS::SQS::QueuePolicy",
      "AWS::SecretsManager::RotationSchedule",
      "AWS::SecretsManager::Secret",
      "AWS::StepFunctions::StateMachine",
      "Custom::*",
    ]
  `)
})
