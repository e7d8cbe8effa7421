import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { synthesizeStack } from './synthesized.ts'

const { template, resources } = synthesizeStack()
const production = synthesizeStack({ stage: 'prod' })

describe('tables', () => {
  test.each([
    ['correlations', ['request_key'], 'expires_at_seconds'],
    ['devices', ['client_id'], undefined],
    ['memories', ['owner', 'id'], 'expires_at_seconds'],
    ['status', ['client_id', 'kind'], 'expires_at_seconds'],
  ])('%s has the keys its code uses, is paid by request and can be restored', (name, keys, timeToLive) => {
    const types = ['HASH', 'RANGE']
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      TableName: `mqtt-cloud-bridge-dev-${name}`,
      KeySchema: keys.map((AttributeName, index) => ({ AttributeName, KeyType: types[index] })),
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      ...(timeToLive && { TimeToLiveSpecification: { AttributeName: timeToLive, Enabled: true } }),
    })
  })

  test('memories are found by time through a local index, which is read consistently', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      TableName: 'mqtt-cloud-bridge-dev-memories',
      LocalSecondaryIndexes: [
        {
          IndexName: 'by-time',
          KeySchema: [
            { AttributeName: 'owner', KeyType: 'HASH' },
            { AttributeName: 'created_at', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    })
  })

  test('devices never end by themselves', () => {
    const devices = Object.values(resources('AWS::DynamoDB::Table')).find(
      ({ Properties }) => Properties.TableName === 'mqtt-cloud-bridge-dev-devices',
    )

    expect(devices?.Properties).not.toHaveProperty('TimeToLiveSpecification')
  })
})

test('the issuer secret is made by the service: 64 characters and a key id', () => {
  template.hasResourceProperties('AWS::SecretsManager::Secret', {
    Name: 'mqtt-cloud-bridge-dev/issuer',
    GenerateSecretString: {
      GenerateStringKey: 'secret',
      PasswordLength: 64,
      SecretStringTemplate: '{"kid":"issuer-1"}',
    },
  })
})

test('the issuer secret is rotated by its function, for the first time after the interval and not at deployment', () => {
  template.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
    SecretId: { Ref: Match.stringLikeRegexp('^IssuerSecret') },
    RotationLambdaARN: { 'Fn::GetAtt': [Match.stringLikeRegexp('^rotatorFunction'), 'Arn'] },
    RotationRules: { AutomaticallyAfterDays: 30 },
    RotateImmediatelyOnUpdate: false,
  })
  template.hasResourceProperties('AWS::Lambda::Permission', {
    Principal: 'secretsmanager.amazonaws.com',
    SourceArn: { Ref: Match.stringLikeRegexp('^IssuerSecret') },
  })
})

test('device keys have a master secret of their own, which nothing rotates', () => {
  template.hasResourceProperties('AWS::SecretsManager::Secret', {
    Name: 'mqtt-cloud-bridge-dev/device-master',
    GenerateSecretString: { GenerateStringKey: 'secret', PasswordLength: 64, SecretStringTemplate: '{}' },
  })
  template.resourceCountIs('AWS::SecretsManager::RotationSchedule', 1)
})

describe('stages', () => {
  const KEPT_TYPES = [
    'AWS::DynamoDB::Table',
    'AWS::Logs::LogGroup',
    'AWS::SecretsManager::Secret',
    'AWS::SQS::Queue',
  ] as const

  test.each(KEPT_TYPES)('%s goes with the stack in dev and stays in any other stage', (type) => {
    const policies = (stack: typeof production) =>
      new Set(Object.values(stack.resources(type)).flatMap((one) => [one.DeletionPolicy, one.UpdateReplacePolicy]))

    expect([...policies({ ...production, resources })]).toEqual(['Delete'])
    expect([...policies(production)]).toEqual(['Retain'])
  })

  test('tables of any stage but dev cannot be deleted by mistake', () => {
    template.allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: false })
    production.template.allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: true })
  })

  test('logs are kept for two weeks in dev and three months in any other stage', () => {
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 14 })
    production.template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 })
  })

  test('every function and every HTTP API logs to a group of the stack, so that none is kept for ever', () => {
    const groups = Object.keys(resources('AWS::Logs::LogGroup'))
    const used = Object.values(resources('AWS::Lambda::Function')).map(
      ({ Properties }) => (Properties.LoggingConfig as { LogGroup: { Ref: string } }).LogGroup.Ref,
    )

    const accessLogs = Object.values(resources('AWS::ApiGatewayV2::Stage')).map(
      ({ Properties }) =>
        (Properties.AccessLogSettings as { DestinationArn: { 'Fn::GetAtt': [string, string] } }).DestinationArn[
          'Fn::GetAtt'
        ][0],
    )

    expect([...used, ...accessLogs].sort()).toEqual(groups.sort())
  })

  test.each([
    ['dev', {}, undefined],
    ['prod', { stage: 'prod' }, undefined],
    ['prod with a number of its own', { stage: 'prod', reservedConcurrency: '7' }, 7],
    ['dev with a number of its own', { reservedConcurrency: 5 }, 5],
    ['prod with none', { stage: 'prod', reservedConcurrency: 0 }, undefined],
  ])('in %s, authorizer and publisher alone have concurrency of their own', (_, context, expected) => {
    const functions = Object.values(synthesizeStack(context).resources('AWS::Lambda::Function'))

    const reserved = functions.map(({ Properties }) => [
      String(Properties.FunctionName).split('-').at(-1),
      Properties.ReservedConcurrentExecutions,
    ])

    const set = Object.fromEntries(reserved.filter(([, value]) => value !== undefined))
    expect(set).toEqual(expected === undefined ? {} : { authorizer: expected, publisher: expected })
  })

  test('nothing of one stage has the name of another', () => {
    expect(JSON.stringify(production.template.toJSON())).not.toMatch(/mqtt[-_]cloud[-_]bridge[-_]dev/)
  })
})

test('functions run on Node 24 and arm64, and end before the deadline of a request', () => {
  template.allResourcesProperties('AWS::Lambda::Function', {
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'index.handler',
  })
  const timeouts = Object.values(resources('AWS::Lambda::Function')).map(({ Properties }) => [
    String(Properties.FunctionName).split('-').at(-1),
    Properties.Timeout,
  ])
  expect(Object.fromEntries(timeouts)).toEqual({
    answers: 10,
    api: 10,
    authorizer: 5,
    conscience: 10,
    events: 10,
    http: 30,
    memory: 10,
    presence: 10,
    publisher: 10,
    reconciler: 10,
    registrar: 60,
    requester: 20,
    review: 30,
    rotator: 10,
    starter: 10,
    tokens: 10,
  })
})
