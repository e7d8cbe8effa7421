import { describe, expect, test } from 'vitest'
import { deadLetterQueueName, presenceRules, ruleDefinitions } from '#contract/index.ts'
import { flatText, synthesizeStack } from './synthesized.ts'

const { template, resources, logicalId } = synthesizeStack()
const rules = ruleDefinitions('jamey', 'mqtt_cloud_bridge_dev')
const presence = presenceRules('mqtt_cloud_bridge_dev').map((rule) => ({ ...rule, handledBy: 'presence' }))
const functionId = (name: string) =>
  logicalId('AWS::Lambda::Function', `"FunctionName":"mqtt-cloud-bridge-dev-${name}"`)

/** Logical id of the queue that takes a function's failed events, by function name. */
function deadLetterQueueOf(name: string): string {
  const config = resources('AWS::Lambda::Function')[functionId(name)]?.Properties.DeadLetterConfig
  return flatText(Object(config).TargetArn).slice(1, -'.Arn>'.length)
}

describe('topic rules', () => {
  test('there is one for every handled topic, two for presence, and no other', () => {
    const deployed = Object.values(resources('AWS::IoT::TopicRule')).map(({ Properties }) => Properties.RuleName)

    expect(deployed.sort()).toEqual([...rules, ...presence].map(({ name }) => name).sort())
    expect(deployed).toMatchInlineSnapshot(`
      [
        "mqtt_cloud_bridge_dev_api_requests",
        "mqtt_cloud_bridge_dev_conscience_evaluate",
        "mqtt_cloud_bridge_dev_conscience_review",
        "mqtt_cloud_bridge_dev_devices_clientId_responses",
        "mqtt_cloud_bridge_dev_events_errors",
        "mqtt_cloud_bridge_dev_events_heartbeat",
        "mqtt_cloud_bridge_dev_events_status",
        "mqtt_cloud_bridge_dev_memory_query",
        "mqtt_cloud_bridge_dev_memory_store",
        "mqtt_cloud_bridge_dev_org_organizationId_device_deviceId_response",
        "mqtt_cloud_bridge_dev_org_organizationId_device_deviceId_status",
        "mqtt_cloud_bridge_dev_org_organizationId_device_deviceId_telemetry",
        "mqtt_cloud_bridge_dev_presence_connected",
        "mqtt_cloud_bridge_dev_presence_disconnected",
      ]
    `)
  })

  test.each([...rules, ...presence])(
    '$name invokes its function with the SQL of the contract and has an error action',
    (rule) => {
      const id = logicalId('AWS::IoT::TopicRule', `"${rule.name}"`)
      const payload = resources('AWS::IoT::TopicRule')[id]?.Properties.TopicRulePayload as Record<string, unknown>

      expect(payload).toMatchObject({
        Sql: rule.sql,
        AwsIotSqlVersion: '2016-03-23',
        RuleDisabled: false,
        Actions: [{ Lambda: { FunctionArn: { 'Fn::GetAtt': [functionId(rule.handledBy), 'Arn'] } } }],
        ErrorAction: { Sqs: { QueueUrl: { Ref: expect.stringContaining('RuleErrors') }, UseBase64: false } },
      })
    },
  )

  test.each([...rules, ...presence])(
    '$name alone, of this account, may invoke its function for its topic',
    ({ name, handledBy }) => {
      const permission = Object.values(resources('AWS::Lambda::Permission')).find(({ Properties }) =>
        flatText(Properties.SourceArn).endsWith(`:rule/${name}`),
      )

      expect(permission?.Properties).toEqual({
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': [functionId(handledBy), 'Arn'] },
        Principal: 'iot.amazonaws.com',
        SourceAccount: { Ref: 'AWS::AccountId' },
        SourceArn: expect.anything(),
      })
      expect(flatText(permission?.Properties.SourceArn)).toBe(
        `arn:<AWS::Partition>:iot:<AWS::Region>:<AWS::AccountId>:rule/${name}`,
      )
    },
  )

  test('IoT Core may invoke no function beyond its rules and the authorizer', () => {
    const permissions = Object.values(resources('AWS::Lambda::Permission')).map(
      ({ Properties }) => Properties.Principal,
    )

    expect(permissions.filter((principal) => principal === 'iot.amazonaws.com')).toHaveLength(
      rules.length + presence.length + 1,
    )
  })

  test('SQL errors, which reach no error action, are logged by IoT Core', () => {
    template.hasResourceProperties('AWS::IoT::Logging', { DefaultLogLevel: 'WARN' })
  })

  test('the logging of the account is left alone with iotLogging=false', () => {
    synthesizeStack({ iotLogging: 'false' }).template.resourceCountIs('AWS::IoT::Logging', 0)
  })
})

describe('asynchronous invocation', () => {
  test.each(['conscience', 'memory', 'api'])('%s is not repeated by Lambda and not run late', (name) => {
    const destination = { Destination: { 'Fn::GetAtt': [functionId('publisher'), 'Arn'] } }
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: functionId(name) },
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
      DestinationConfig: { OnSuccess: destination, OnFailure: destination },
    })
  })

  test('events is repeated twice, for as long as Lambda keeps it', () => {
    const id = logicalId('AWS::Lambda::EventInvokeConfig', functionId('events'))
    const { Properties } = resources('AWS::Lambda::EventInvokeConfig')[id] ?? {}

    expect(Properties).toMatchObject({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 21_600 })
    expect(Properties).toHaveProperty('DestinationConfig')
  })

  test('the publisher is repeated twice and has no destination: it is where outcomes end', () => {
    const configurations = Object.values(resources('AWS::Lambda::EventInvokeConfig'))
    const publisher = configurations.find(
      ({ Properties }) => flatText(Properties.FunctionName) === `<${functionId('publisher')}>`,
    )

    expect(publisher?.Properties).toMatchObject({ MaximumRetryAttempts: 2 })
    expect(publisher?.Properties).not.toHaveProperty('DestinationConfig')
  })

  test.each(['conscience', 'memory', 'api', 'events', 'publisher'])('%s has a dead-letter queue of its own', (name) => {
    const others = ['conscience', 'memory', 'api', 'events', 'publisher'].filter((one) => one !== name)

    const queue = resources('AWS::SQS::Queue')[deadLetterQueueOf(name)]

    expect(queue?.Properties).toEqual({
      QueueName: deadLetterQueueName('dev', name),
      MessageRetentionPeriod: 14 * 24 * 60 * 60,
      SqsManagedSseEnabled: true,
    })
    expect(others.map(deadLetterQueueOf)).not.toContain(deadLetterQueueOf(name))
  })

  test('every queue refuses callers without TLS', () => {
    const policies = Object.values(resources('AWS::SQS::QueuePolicy'))

    expect(policies).toHaveLength(Object.keys(resources('AWS::SQS::Queue')).length)
    for (const { Properties } of policies) {
      expect(Properties.PolicyDocument).toMatchObject({
        Statement: expect.arrayContaining([
          expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      })
    }
  })
})

describe('alarms', () => {
  /** Each alarm as `namespace metric dimension`. */
  function watched(stack = { resources }): string[] {
    return Object.values(stack.resources('AWS::CloudWatch::Alarm')).map(({ Properties }) => {
      const { Namespace, MetricName, Dimensions } = Properties as {
        Namespace: string
        MetricName: string
        Dimensions: [{ Value: unknown }]
      }
      return `${Namespace} ${MetricName} ${flatText(Dimensions[0].Value)}`
    })
  }

  test('every dead-letter queue has one on its depth', () => {
    const depths = Object.entries(resources('AWS::SQS::Queue'))
      .filter(([, { Properties }]) => String(Properties.QueueName).includes('-dlq-'))
      .map(([queue]) => `AWS/SQS ApproximateNumberOfMessagesVisible <${queue}.QueueName>`)
    expect(depths).toHaveLength(11)

    expect(watched()).toEqual(expect.arrayContaining(depths))
  })

  test('what a work queue cannot get rid of has a dead-letter queue, and so an alarm', () => {
    const work = Object.values(resources('AWS::SQS::Queue')).filter(
      ({ Properties }) => !String(Properties.QueueName).includes('-dlq-'),
    )

    expect(work.map(({ Properties }) => Properties.QueueName)).toEqual(['mqtt-cloud-bridge-dev-presence-checks'])
    expect(work[0]?.Properties).toMatchObject({
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [deadLetterQueueOf('presence'), 'Arn'] } },
      VisibilityTimeout: 60,
    })
  })

  test('every function has one on its errors and one on the system faults it counts', () => {
    const announcing = synthesizeStack({ events: 'true' })
    const functions = Object.entries(announcing.resources('AWS::Lambda::Function'))
    const names = functions.map(([, { Properties }]) => String(Properties.FunctionName).split('-dev-')[1])
    const expected = [
      ...functions.map(([id]) => `AWS/Lambda Errors <${id}>`),
      ...names.map((name) => `MqttCloudBridge SystemFaults ${name}`),
    ]

    expect(names).toEqual(expect.arrayContaining(['announcer', 'presence', 'requester', 'review', 'starter']))
    expect(watched(announcing)).toEqual(expect.arrayContaining(expected))
  })

  test('every function with destinations has one on outcomes that did not arrive', () => {
    const failures = ['conscience', 'memory', 'api', 'events'].map(
      (name) => `AWS/Lambda DestinationDeliveryFailures <${functionId(name)}>`,
    )

    expect(watched()).toEqual(expect.arrayContaining(failures))
  })

  test('every rule has one on messages it could not read', () => {
    expect(watched()).toEqual(expect.arrayContaining(rules.map(({ name }) => `AWS/IoT ParseError ${name}`)))
  })

  test('silence raises no alarm, and one period is enough for the others', () => {
    template.allResourcesProperties('AWS::CloudWatch::Alarm', {
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    })
  })

  test('with alarmTopicArn all of them notify it', () => {
    const alarmTopicArn = 'arn:aws:sns:eu-central-1:111122223333:operators'
    const { template: notifying } = synthesizeStack({ alarmTopicArn })

    notifying.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [alarmTopicArn] })
  })
})
