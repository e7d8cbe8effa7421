import type { Registry } from '../template/index.ts'
import { cloudWatchAlarm } from './cloudwatch-alarm.ts'
import type { ResourceContext } from './context.ts'
import { customResource } from './custom-resource.ts'
import { dynamoDbTable } from './dynamodb-table.ts'
import { enforceDeclarations, type ResourceEmulator } from './emulator.ts'
import { eventsEventBus } from './events-event-bus.ts'
import { eventsEventBusPolicy } from './events-event-bus-policy.ts'
import { eventsRule } from './events-rule.ts'
import { httpApi } from './http-api.ts'
import { httpApiAuthorizer } from './http-api-authorizer.ts'
import { httpApiIntegration } from './http-api-integration.ts'
import { httpApiRoute } from './http-api-route.ts'
import { httpApiStage } from './http-api-stage.ts'
import { iamManagedPolicy } from './iam-managed-policy.ts'
import { iamPolicy } from './iam-policy.ts'
import { iamRole } from './iam-role.ts'
import { iotAuthorizer } from './iot-authorizer.ts'
import { iotDomainConfiguration } from './iot-domain-configuration.ts'
import { iotPolicy } from './iot-policy.ts'
import { iotThing } from './iot-thing.ts'
import { iotThingGroup } from './iot-thing-group.ts'
import { iotThingType } from './iot-thing-type.ts'
import { iotTopicRule } from './iot-topic-rule.ts'
import { lambdaAlias } from './lambda-alias.ts'
import { lambdaEventInvokeConfig } from './lambda-event-invoke-config.ts'
import { lambdaEventSourceMapping } from './lambda-event-source-mapping.ts'
import { lambdaFunction } from './lambda-function.ts'
import { lambdaPermission } from './lambda-permission.ts'
import { lambdaVersion } from './lambda-version.ts'
import { recorded } from './recorded.ts'
import { secret } from './secret.ts'
import { secretRotationSchedule } from './secret-rotation-schedule.ts'
import { sqsQueue } from './sqs-queue.ts'
import { sqsQueuePolicy } from './sqs-queue-policy.ts'
import { statesStateMachine } from './states-state-machine.ts'

/** Every CloudFormation type that the local runtime knows, with what each makes of its properties. A type that is not here is named at start. */
export const RESOURCE_TYPES: Readonly<Record<string, ResourceEmulator>> = {
  'AWS::ApiGatewayV2::Api': httpApi,
  'AWS::ApiGatewayV2::Authorizer': httpApiAuthorizer,
  'AWS::ApiGatewayV2::Integration': httpApiIntegration,
  'AWS::ApiGatewayV2::Route': httpApiRoute,
  'AWS::ApiGatewayV2::Stage': httpApiStage,
  'AWS::CloudWatch::Alarm': cloudWatchAlarm,
  'AWS::DynamoDB::Table': dynamoDbTable,
  'AWS::Events::EventBus': eventsEventBus,
  'AWS::Events::EventBusPolicy': eventsEventBusPolicy,
  'AWS::Events::Rule': eventsRule,
  'AWS::IAM::ManagedPolicy': iamManagedPolicy,
  'AWS::IAM::Policy': iamPolicy,
  'AWS::IAM::Role': iamRole,
  'AWS::IoT::Authorizer': iotAuthorizer,
  'AWS::IoT::DomainConfiguration': iotDomainConfiguration,
  'AWS::IoT::Policy': iotPolicy,
  'AWS::IoT::Thing': iotThing,
  'AWS::IoT::ThingGroup': iotThingGroup,
  'AWS::IoT::ThingType': iotThingType,
  'AWS::IoT::TopicRule': iotTopicRule,
  'AWS::Lambda::Alias': lambdaAlias,
  'AWS::Lambda::EventInvokeConfig': lambdaEventInvokeConfig,
  'AWS::Lambda::EventSourceMapping': lambdaEventSourceMapping,
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::Lambda::Permission': lambdaPermission,
  'AWS::Lambda::Version': lambdaVersion,
  'AWS::SecretsManager::RotationSchedule': secretRotationSchedule,
  'AWS::SecretsManager::Secret': secret,
  'AWS::SQS::Queue': sqsQueue,
  'AWS::SQS::QueuePolicy': sqsQueuePolicy,
  'AWS::StepFunctions::StateMachine': statesStateMachine,
  'Custom::*': customResource,
  // without effect on one machine: logs are printed, dashboards need CloudWatch
  'AWS::CloudWatch::Dashboard': recorded({ name: 'DashboardName', service: 'cloudwatch', resource: 'dashboard/' }),
  'AWS::IoT::Logging': recorded({ service: 'iot', resource: 'logging/' }),
  'AWS::Logs::LogGroup': recorded({ name: 'LogGroupName', service: 'logs', resource: 'log-group:', suffix: ':*' }),
}

export const RESOURCE_EMULATORS: Registry<ResourceContext> = enforceDeclarations(RESOURCE_TYPES)
