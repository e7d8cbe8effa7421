import type { RESOURCE_TYPES } from '#local/resources/index.ts'
import type { JsonObject } from '#local/template/index.ts'
import { LOGS, lambdaArn, lambdaFunction, role, type setUp, type TemplateResources } from './set-up.ts'

type SetUp = Awaited<ReturnType<typeof setUp>>

export interface UpdateCase {
  /** What it needs beside it. */
  around?: TemplateResources
  /** Its properties before and after. */
  versions: [JsonObject, JsonObject]
  /** What a user of the service sees. */
  seen(context: SetUp): unknown
  /** In each version, and when it has left the template. */
  expected: [unknown, unknown, unknown]
}

const ARN = 'arn:aws:iot:us-east-1:000000000000'
const POLICY = (action: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: action, Resource: 'arn:aws:dynamodb:us-east-1:000000000000:table/t' }],
})
const API: TemplateResources = {
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'api', ProtocolType: 'HTTP' } },
  Proxy: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ApiId: { Ref: 'Api' },
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: lambdaArn('echo'),
      PayloadFormatVersion: '2.0',
    },
  },
}
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:work'
const READS_QUEUE = {
  action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
  resource: QUEUE_ARN,
}
const FUNCTION: TemplateResources = { Role: role([LOGS, READS_QUEUE]), Echo: lambdaFunction('echo') }
const SECRET: TemplateResources = { Key: { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: 'v' } } }
const theApi = ({ context }: SetUp) => [...context.httpApis.values()][0]
const caller = {
  kind: 'role',
  roleArn: 'arn:aws:iam::000000000000:role/worker',
  roleName: 'worker',
  arn: 'arn:aws:sts::000000000000:assumed-role/worker/it',
} as const
const decisions = ({ context }: SetUp) =>
  ['dynamodb:GetItem', 'dynamodb:PutItem'].map(
    (action) => context.iam.authorize(caller, action, 'arn:aws:dynamodb:us-east-1:000000000000:table/t').decision,
  )
const [YES, NO] = ['allowed', 'implicitDeny']
const rotation = ({ context }: SetUp) => {
  const { RotationRules } = context.secrets.handle('DescribeSecret', {
    SecretId: String(context.secrets.handle('ListSecrets', {}).SecretList && firstSecret(context)),
  })
  return RotationRules
}
const firstSecret = (context: SetUp['context']) =>
  (context.secrets.handle('ListSecrets', {}).SecretList as { Name: string }[])[0]?.Name
const secretText = ({ context }: SetUp) =>
  context.secrets.handle('GetSecretValue', { SecretId: firstSecret(context) ?? '' }).SecretString
const queueAttributes = ({ context }: SetUp) =>
  context.sqs.queues().map(({ arn }) => context.sqs.attributes(arn).VisibilityTimeout)
const timeToLive = async ({ context }: SetUp) => {
  const { body } = await context.dynamoDb.handle('DescribeTimeToLive', { TableName: 'items' })
  return (JSON.parse(body) as { TimeToLiveDescription: { AttributeName?: string } }).TimeToLiveDescription.AttributeName
}
const TABLE = {
  TableName: 'items',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
}
const DEFAULT_BUS = 'arn:aws:events:us-east-1:000000000000:event-bus/default'
const publishedVersion = (FunctionName: string) => ({ Type: 'AWS::Lambda::Version', Properties: { FunctionName } })
const versionOf =
  (qualifier: string) =>
  ({ context }: SetUp) => {
    try {
      return context.versions.resolve('echo', qualifier)
    } catch (error) {
      return (error as { code?: string }).code
    }
  }
const named = (properties: (name: string) => JsonObject): [JsonObject, JsonObject] => [
  properties('one'),
  properties('two'),
]
const recordedCase = (name: string): UpdateCase => ({
  versions: named((value) => ({ [name]: value })),
  seen: () => 'without effect',
  expected: ['without effect', 'without effect', 'without effect'],
})

/** By type: how a change of each shows, and its end. */
export const UPDATE_CASES: Readonly<Record<keyof typeof RESOURCE_TYPES, UpdateCase>> = {
  'AWS::ApiGatewayV2::Api': {
    versions: named((Name) => ({ Name, ProtocolType: 'HTTP' })),
    seen: ({ context }) => [...context.httpApis.values()].map(({ name }) => name),
    expected: [['one'], ['two'], []],
  },
  'AWS::ApiGatewayV2::Authorizer': {
    around: API,
    versions: named((name) => ({
      ApiId: { Ref: 'Api' },
      Name: 'jwt',
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: `https://${name}`, Audience: ['api'] },
    })),
    seen: (all) => [...(theApi(all)?.authorizers.values() ?? [])].map(({ issuer }) => issuer),
    expected: [['https://one'], ['https://two'], []],
  },
  'AWS::ApiGatewayV2::Integration': {
    around: API,
    versions: named((name) => ({
      ApiId: { Ref: 'Api' },
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: lambdaArn(name),
      PayloadFormatVersion: '2.0',
    })),
    seen: (all) => [...(theApi(all)?.integrations.values() ?? [])].map(({ functionArn }) => functionArn).slice(1),
    expected: [[lambdaArn('one')], [lambdaArn('two')], []],
  },
  'AWS::ApiGatewayV2::Route': {
    around: API,
    versions: named((name) => ({
      ApiId: { Ref: 'Api' },
      RouteKey: `GET /${name}`,
      Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Proxy' }]] },
    })),
    seen: (all) => theApi(all)?.routes.map(({ routeKey }) => routeKey),
    expected: [['GET /one'], ['GET /two'], []],
  },
  'AWS::ApiGatewayV2::Stage': {
    around: API,
    versions: named((name) => ({
      ApiId: { Ref: 'Api' },
      StageName: '$default',
      AutoDeploy: true,
      StageVariables: { name },
    })),
    seen: (all) => [...(theApi(all)?.stages.values() ?? [])].map(({ variables }) => variables.name),
    expected: [['one'], ['two'], []],
  },
  'AWS::CloudWatch::Alarm': {
    versions: named((MetricName) => ({
      ...{ AlarmName: 'a', Namespace: 'n', MetricName, Statistic: 'Sum', EvaluationPeriods: 1, Threshold: 1 },
      ComparisonOperator: 'GreaterThanThreshold',
    })),
    seen: ({ cloudWatch }) => cloudWatch.alarms().map(({ metric }) => metric.name),
    expected: [['one'], ['two'], []],
  },
  'AWS::CloudWatch::Dashboard': recordedCase('DashboardName'),
  'AWS::DynamoDB::Table': {
    versions: named((AttributeName) => ({
      ...TABLE,
      TimeToLiveSpecification: { AttributeName, Enabled: true },
    })),
    seen: timeToLive,
    expected: ['one', 'two', 'two'],
  },
  'AWS::Events::EventBus': {
    versions: named((Name) => ({ Name })),
    seen: ({ context }) => [...context.events.registry.buses.keys()].slice(1),
    expected: [['one'], ['two'], []],
  },
  'AWS::Events::EventBusPolicy': {
    versions: named((service) => ({
      StatementId: 'put',
      Statement: {
        Effect: 'Allow',
        Principal: { Service: `${service}.amazonaws.com` },
        Action: 'events:PutEvents',
        Resource: DEFAULT_BUS,
      },
    })),
    seen: ({ context }) =>
      ['one', 'two'].filter(
        (name) =>
          context.iam.authorizeService(`${name}.amazonaws.com`, 'events:PutEvents', DEFAULT_BUS).decision === 'allowed',
      ),
    expected: [['one'], ['two'], []],
  },
  'AWS::Events::Rule': {
    versions: named((source) => ({ EventPattern: { source: [source] } })),
    seen: ({ context }) => [...context.events.registry.rules.values()].map(({ pattern }) => pattern),
    expected: [['{"source":["one"]}'], ['{"source":["two"]}'], []],
  },
  'AWS::IAM::ManagedPolicy': {
    around: FUNCTION,
    versions: [
      { ManagedPolicyName: 'm', PolicyDocument: POLICY('dynamodb:GetItem'), Roles: [{ Ref: 'Role' }] },
      { ManagedPolicyName: 'm', PolicyDocument: POLICY('dynamodb:PutItem'), Roles: [{ Ref: 'Role' }] },
    ],
    seen: decisions,
    expected: [
      [YES, NO],
      [NO, YES],
      [NO, NO],
    ],
  },
  'AWS::IAM::Policy': {
    around: FUNCTION,
    versions: [
      { PolicyName: 'p', PolicyDocument: POLICY('dynamodb:GetItem'), Roles: [{ Ref: 'Role' }] },
      { PolicyName: 'p', PolicyDocument: POLICY('dynamodb:PutItem'), Roles: [{ Ref: 'Role' }] },
    ],
    seen: decisions,
    expected: [
      [YES, NO],
      [NO, YES],
      [NO, NO],
    ],
  },
  'AWS::IAM::Role': {
    versions: [
      role([{ action: 'dynamodb:GetItem', resource: '*' }]).Properties ?? {},
      role([{ action: 'dynamodb:PutItem', resource: '*' }]).Properties ?? {},
    ],
    seen: decisions,
    expected: [
      [YES, NO],
      [NO, YES],
      [NO, NO],
    ],
  },
  'AWS::IoT::Authorizer': {
    versions: [
      { AuthorizerName: 'a', AuthorizerFunctionArn: lambdaArn('one'), SigningDisabled: true },
      { AuthorizerName: 'a', AuthorizerFunctionArn: lambdaArn('two'), SigningDisabled: true },
    ],
    seen: ({ context }) => [...context.iot.authorizers.values()].map(({ functionArn }) => functionArn),
    expected: [[lambdaArn('one')], [lambdaArn('two')], []],
  },
  'AWS::IoT::DomainConfiguration': {
    versions: [
      { DomainConfigurationName: 'd', ApplicationProtocol: 'SECURE_MQTT' },
      { DomainConfigurationName: 'd', ApplicationProtocol: 'MQTT_WSS' },
    ],
    seen: ({ context }) => [...context.iot.domains.values()].map(({ applicationProtocol }) => applicationProtocol),
    expected: [['SECURE_MQTT'], ['MQTT_WSS'], []],
  },
  'AWS::IoT::Logging': recordedCase('RoleArn'),
  'AWS::IoT::Policy': {
    versions: named((name) => ({
      PolicyName: 'p',
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Action: 'iot:Connect', Resource: `${ARN}:client/${name}` },
      },
    })),
    seen: ({ context }) => JSON.stringify([...context.iot.policies.values()]).match(/client\/\w+/)?.[0],
    expected: ['client/one', 'client/two', undefined],
  },
  'AWS::IoT::Thing': {
    versions: named((colour) => ({ ThingName: 't', AttributePayload: { Attributes: { colour } } })),
    seen: ({ context }) => context.iot.things.get('t')?.attributes.colour,
    expected: ['one', 'two', undefined],
  },
  'AWS::IoT::ThingGroup': {
    versions: named((ThingGroupDescription) => ({
      ThingGroupName: 'g',
      ThingGroupProperties: { ThingGroupDescription },
    })),
    seen: ({ context }) => context.iot.thingGroups.get('g')?.description,
    expected: ['one', 'two', undefined],
  },
  'AWS::IoT::ThingType': {
    versions: named((ThingTypeName) => ({ ThingTypeName })),
    seen: ({ context }) => [...context.iot.thingTypes],
    expected: [['one'], ['two'], []],
  },
  'AWS::IoT::TopicRule': {
    versions: named((name) => ({
      RuleName: 'r',
      TopicRulePayload: {
        Sql: `SELECT '${name}' AS v FROM 'a'`,
        Actions: [{ Lambda: { FunctionArn: lambdaArn('f') } }],
      },
    })),
    async seen({ context, ruleEvents }) {
      await context.rules.handle({
        topic: 'a',
        payload: Buffer.from('{}'),
        qos: 1,
        retain: false,
        properties: {},
        clientId: 'c',
        principalId: 'p',
        traceId: 't',
        sourceAddress: '',
        receivedAtMs: 0,
      } as Parameters<typeof context.rules.handle>[0])
      return ruleEvents.splice(0).map(({ event }) => (event as { v: string }).v)
    },
    expected: [['one'], ['two'], []],
  },
  'AWS::Lambda::Alias': {
    around: { ...FUNCTION, One: publishedVersion('echo'), Two: publishedVersion('echo') },
    versions: named((name) => ({
      FunctionName: 'echo',
      FunctionVersion: { 'Fn::GetAtt': [name === 'one' ? 'One' : 'Two', 'Version'] },
      Name: 'live',
    })),
    seen: versionOf('live'),
    expected: ['1', '2', 'ResourceNotFoundException'],
  },
  'AWS::Lambda::EventInvokeConfig': {
    around: FUNCTION,
    versions: [
      { FunctionName: { Ref: 'Echo' }, Qualifier: '$LATEST', MaximumRetryAttempts: 0 },
      { FunctionName: { Ref: 'Echo' }, Qualifier: '$LATEST', MaximumRetryAttempts: 1 },
    ],
    seen: ({ settings }) => settings.get('echo')?.maximumRetryAttempts,
    expected: [0, 1, undefined],
  },
  'AWS::Lambda::EventSourceMapping': {
    around: FUNCTION,
    versions: [
      { FunctionName: { Ref: 'Echo' }, EventSourceArn: QUEUE_ARN, BatchSize: 1 },
      { FunctionName: { Ref: 'Echo' }, EventSourceArn: QUEUE_ARN, BatchSize: 2 },
    ],
    seen: ({ context }) => context.eventSources.mappings().map(({ batchSize }) => batchSize),
    expected: [[1], [2], []],
  },
  'AWS::Lambda::Function': {
    around: { Role: role([LOGS]) },
    versions: [
      lambdaFunction('named', { Environment: { Variables: { V: 'one' } } }).Properties ?? {},
      lambdaFunction('named', { Environment: { Variables: { V: 'two' } } }).Properties ?? {},
    ],
    seen: ({ invoke }) => invoke('named').catch((error: { code: string }) => error.code),
    expected: ['one', 'two', 'ResourceNotFoundException'],
  },
  'AWS::Lambda::Version': {
    around: FUNCTION,
    // what changes of a version makes another one
    versions: named((Description) => ({ FunctionName: { Ref: 'Echo' }, Description })),
    seen: versionOf('1'),
    expected: ['1', '1', 'ResourceNotFoundException'],
  },
  'AWS::Lambda::Permission': {
    versions: named((name) => ({
      FunctionName: lambdaArn('f'),
      Principal: 'iot.amazonaws.com',
      Action: 'lambda:InvokeFunction',
      SourceArn: `${ARN}:rule/${name}`,
    })),
    seen: ({ context }) =>
      ['one', 'two'].filter((name) =>
        context.iam.mayInvoke({
          functionArn: lambdaArn('f'),
          servicePrincipal: 'iot.amazonaws.com',
          sourceArn: `${ARN}:rule/${name}`,
        }),
      ),
    expected: [['one'], ['two'], []],
  },
  'AWS::Logs::LogGroup': recordedCase('LogGroupName'),
  'AWS::SecretsManager::RotationSchedule': {
    around: SECRET,
    versions: [schedule(7), schedule(9)],
    seen: rotation,
    expected: [{ AutomaticallyAfterDays: 7 }, { AutomaticallyAfterDays: 9 }, undefined],
  },
  'AWS::SecretsManager::Secret': {
    versions: named((SecretString) => ({ Name: 's', SecretString })),
    seen: secretText,
    expected: ['one', 'two', 'two'],
  },
  'AWS::SQS::Queue': {
    versions: [
      { QueueName: 'q', VisibilityTimeout: 1 },
      { QueueName: 'q', VisibilityTimeout: 2 },
    ],
    seen: queueAttributes,
    expected: [['1'], ['2'], ['2']],
  },
  'AWS::SQS::QueuePolicy': {
    around: FUNCTION,
    versions: [
      { Queues: ['http://127.0.0.1/0/t'], PolicyDocument: queuePolicy('sqs:SendMessage') },
      { Queues: ['http://127.0.0.1/0/t'], PolicyDocument: queuePolicy('sqs:ReceiveMessage') },
    ],
    seen: ({ context }) =>
      ['sqs:SendMessage', 'sqs:ReceiveMessage'].filter(
        (action) => context.iam.authorize(caller, action, 'arn:aws:sqs:us-east-1:000000000000:t').decision === YES,
      ),
    expected: [['sqs:SendMessage'], ['sqs:ReceiveMessage'], []],
  },
  'AWS::StepFunctions::StateMachine': {
    around: { Role: role([], 'states.amazonaws.com') },
    versions: named((name) => ({
      StateMachineName: name,
      RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
      DefinitionString: '{"StartAt":"End","States":{"End":{"Type":"Succeed"}}}',
    })),
    seen: ({ context }) => [...context.states.machines.values()].map(({ name }) => name),
    expected: [['one'], ['two'], []],
  },
  'Custom::*': {
    around: { Role: role([LOGS]), Registrar: lambdaFunction('registrar') },
    versions: named((Value) => ({ ServiceToken: lambdaArn('registrar'), PhysicalId: 'x', Value })),
    seen: ({ context }) => context.customResources.find('It')?.properties.Value,
    // its end is for the runtime, which still has the function behind it then
    expected: ['one', 'two', 'two'],
  },
}

function schedule(days: number): JsonObject {
  return {
    SecretId: { Ref: 'Key' },
    RotationLambdaARN: lambdaArn('rotator'),
    RotationRules: { AutomaticallyAfterDays: days },
    RotateImmediatelyOnUpdate: false,
  }
}

function queuePolicy(action: string): JsonObject {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: caller.roleArn }, Action: action, Resource: '*' }],
  }
}
