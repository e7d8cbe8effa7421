import type { JsonValue } from '../template/index.ts'
import { arn, functionArn, type ResourceContext } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { ResourceError } from './errors.ts'
import { destinationOf } from './lambda-event-invoke-config.ts'
import { requireGrant } from './lambda-function.ts'
import { isObject, readProperties } from './properties.ts'

/** What the function's role needs for its source. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  sqs: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
  dynamodb: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
}
const DEFAULT_BATCH: Readonly<Record<string, number>> = { sqs: 10, dynamodb: 100 }
const DEFAULT_CONCURRENCY = 2
const REPORTS_ITEM_FAILURES = 'ReportBatchItemFailures'

/** AWS::Lambda::EventSourceMapping. Like the service, it refuses a source that the function's role may not read. */
export const lambdaEventSourceMapping: ResourceEmulator = {
  properties: {
    honoured: [
      'BatchSize',
      'BisectBatchOnFunctionError',
      'DestinationConfig',
      'Enabled',
      'EventSourceArn',
      'FunctionName',
      'FunctionResponseTypes',
      'MaximumRecordAgeInSeconds',
      'MaximumRetryAttempts',
      'ScalingConfig',
      'StartingPosition',
    ],
    ignored: ['MaximumBatchingWindowInSeconds', 'MetricsConfig', 'ParallelizationFactor', 'Tags'],
    refused: ['FilterCriteria', 'TumblingWindowInSeconds'],
  },
  note: 'queues of SQS and streams of DynamoDB; what was given up goes to a queue',
  create(request, context) {
    const properties = readProperties(request)
    const id = request.physicalName()
    const source = properties.text('EventSourceArn')
    const service = source.split(':')[2] ?? ''
    const target = functionArn(context, properties.text('FunctionName'))
    const functionName = target.split(':')[6] ?? ''
    const actions = ACTIONS[service]
    if (!actions) throw new ResourceError('unsupported_here', `the local runtime knows no event source ${source}`)
    const onFailureArn = destinationOf(properties.object('DestinationConfig').OnFailure)
    if (properties.flag('Enabled', true)) {
      context.eventSources.add({
        id,
        eventSourceArn: source,
        functionArn: target,
        batchSize: properties.number('BatchSize') ?? DEFAULT_BATCH[service] ?? 1,
        reportsItemFailures: properties.list('FunctionResponseTypes').includes(REPORTS_ITEM_FAILURES),
        maximumConcurrency: concurrencyOf(properties.object('ScalingConfig').MaximumConcurrency),
        ...(service === 'dynamodb' && {
          stream: {
            startingPosition: properties.text('StartingPosition') === 'LATEST' ? 'LATEST' : 'TRIM_HORIZON',
            maximumRetryAttempts: bounded(properties.number('MaximumRetryAttempts')),
            maximumRecordAgeSeconds: bounded(properties.number('MaximumRecordAgeInSeconds')),
            bisectsOnError: properties.flag('BisectBatchOnFunctionError', false),
            onFailureArn,
          },
        }),
      })
    }
    const needed = [
      ...actions.map((action) => ({ action, resource: source })),
      ...(onFailureArn ? [{ action: 'sqs:SendMessage', resource: onFailureArn }] : []),
    ]
    return {
      ref: id,
      attributes: { Id: id, EventSourceMappingArn: arn(context, 'lambda', `event-source-mapping:${id}`) },
      checks: needed.map(
        ({ action, resource }) =>
          () =>
            checkGrant(context, functionName, action, resource),
      ),
      dispose: () => context.eventSources.remove(id),
    }
  },
}

/** -1 stands for no bound. */
function bounded(value: number | undefined): number | undefined {
  return value === undefined || value < 0 ? undefined : value
}

function checkGrant(context: ResourceContext, functionName: string, action: string, resource: string): void {
  const roleArn = context.functionRoles.get(functionName)
  if (roleArn === undefined) throw new TypeError(`${functionName} has an event source and is no function of the stack`)
  requireGrant(context, roleArn, functionName, action, resource)
}

function concurrencyOf(value: JsonValue | undefined): number {
  const given = isObject(value) ? undefined : Number(value ?? DEFAULT_CONCURRENCY)
  return given !== undefined && Number.isInteger(given) && given > 0 ? given : DEFAULT_CONCURRENCY
}
