import type { JsonValue } from '../template/index.ts'
import { arn, functionArn, type ResourceContext } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { ResourceError } from './errors.ts'
import { requireGrant } from './lambda-function.ts'
import { isObject, readProperties } from './properties.ts'

/** What the function's role needs for its source. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const QUEUE_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']
const DEFAULT_BATCH = 10
const DEFAULT_CONCURRENCY = 2
const REPORTS_ITEM_FAILURES = 'ReportBatchItemFailures'

/** AWS::Lambda::EventSourceMapping. Like the service, it refuses a source that the function's role may not read. */
export const lambdaEventSourceMapping: ResourceEmulator = {
  properties: {
    honoured: ['BatchSize', 'Enabled', 'EventSourceArn', 'FunctionName', 'FunctionResponseTypes', 'ScalingConfig'],
    ignored: ['MaximumBatchingWindowInSeconds', 'MetricsConfig', 'Tags'],
    refused: ['FilterCriteria', 'TumblingWindowInSeconds'],
  },
  note: 'queues of SQS',
  create(request, context) {
    const properties = readProperties(request)
    const id = request.physicalName()
    const source = properties.text('EventSourceArn')
    const target = functionArn(context, properties.text('FunctionName'))
    const functionName = target.split(':')[6] ?? ''
    if (source.split(':')[2] !== 'sqs') {
      throw new ResourceError('unsupported_here', `the local runtime knows no event source ${source}`)
    }
    if (properties.flag('Enabled', true)) {
      context.eventSources.add({
        id,
        eventSourceArn: source,
        functionArn: target,
        batchSize: properties.number('BatchSize') ?? DEFAULT_BATCH,
        reportsItemFailures: properties.list('FunctionResponseTypes').includes(REPORTS_ITEM_FAILURES),
        maximumConcurrency: concurrencyOf(properties.object('ScalingConfig').MaximumConcurrency),
      })
    }
    return {
      ref: id,
      attributes: { Id: id, EventSourceMappingArn: arn(context, 'lambda', `event-source-mapping:${id}`) },
      checks: QUEUE_ACTIONS.map((action) => () => checkGrant(context, functionName, action, source)),
      dispose: () => context.eventSources.remove(id),
    }
  },
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
