import type { Registry } from '../template/index.ts'
import type { ResourceContext } from './context.ts'
import { customResource } from './custom-resource.ts'
import { dynamoDbTable } from './dynamodb-table.ts'
import { iamPolicy } from './iam-policy.ts'
import { iamRole } from './iam-role.ts'
import { iotAuthorizer } from './iot-authorizer.ts'
import { iotDomainConfiguration } from './iot-domain-configuration.ts'
import { iotPolicy } from './iot-policy.ts'
import { iotThing } from './iot-thing.ts'
import { iotThingType } from './iot-thing-type.ts'
import { iotTopicRule } from './iot-topic-rule.ts'
import { lambdaEventInvokeConfig } from './lambda-event-invoke-config.ts'
import { lambdaFunction } from './lambda-function.ts'
import { lambdaPermission } from './lambda-permission.ts'
import { recorded } from './recorded.ts'
import { secret } from './secret.ts'
import { sqsQueue } from './sqs-queue.ts'

/** Every CloudFormation type that the local runtime knows. A type that is not here is named at start. */
export const RESOURCE_EMULATORS: Registry<ResourceContext> = {
  'AWS::DynamoDB::Table': dynamoDbTable,
  'AWS::IAM::Policy': iamPolicy,
  'AWS::IAM::Role': iamRole,
  'AWS::IoT::Authorizer': iotAuthorizer,
  'AWS::IoT::DomainConfiguration': iotDomainConfiguration,
  'AWS::IoT::Policy': iotPolicy,
  'AWS::IoT::Thing': iotThing,
  'AWS::IoT::ThingType': iotThingType,
  'AWS::IoT::TopicRule': iotTopicRule,
  'AWS::Lambda::EventInvokeConfig': lambdaEventInvokeConfig,
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::Lambda::Permission': lambdaPermission,
  'AWS::SecretsManager::Secret': secret,
  'AWS::SQS::Queue': sqsQueue,
  'Custom::*': customResource,
  // without effect on one machine: logs are printed, nobody else can reach the queues, alarms need CloudWatch
  'AWS::CloudWatch::Alarm': recorded({ name: 'AlarmName', service: 'cloudwatch', resource: 'alarm:' }),
  'AWS::IoT::Logging': recorded({ service: 'iot', resource: 'logging/' }),
  'AWS::Logs::LogGroup': recorded({ name: 'LogGroupName', service: 'logs', resource: 'log-group:', suffix: ':*' }),
  'AWS::SQS::QueuePolicy': recorded({ service: 'sqs', resource: 'policy/' }),
}
