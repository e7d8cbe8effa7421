import type { Reading } from '../cloudwatch/index.ts'
import type { EventSources } from '../event-sources/index.ts'
import type { RulesEngine } from '../iot/index.ts'
import type { LambdaService } from '../lambda/index.ts'
import type { SqsService } from '../sqs/index.ts'

/** What the services count, named as the metrics of CloudWatch. */
export function readings(services: {
  lambda: Pick<LambdaService, 'stats'>
  sqs: Pick<SqsService, 'queues' | 'counts'>
  rules: Pick<RulesEngine, 'counts'>
  eventSources: Pick<EventSources, 'iteratorAges'>
}): Reading[] {
  const { lambda, sqs, rules, eventSources } = services
  const functions = Object.entries(lambda.stats()).flatMap(([FunctionName, stats]) =>
    counts(
      'AWS/Lambda',
      { FunctionName },
      {
        Invocations: stats.invocations,
        Errors: stats.errors,
        Throttles: stats.throttles,
        AsyncEventsReceived: stats.asyncEventsReceived,
        AsyncEventsDropped: stats.asyncEventsDropped,
        DestinationDeliveryFailures: stats.destinationDeliveryFailures,
        DeadLetterErrors: stats.deadLetterErrors,
      },
    ),
  )
  const queues = sqs.queues().map(
    ({ name, arn }): Reading => ({
      id: { namespace: 'AWS/SQS', name: 'ApproximateNumberOfMessagesVisible', dimensions: { QueueName: name } },
      value: sqs.counts(arn).visible,
      kind: 'gauge',
    }),
  )
  const topicRules = Object.entries(rules.counts()).flatMap(([RuleName, { Success, Failure, ...plain }]) => [
    ...counts('AWS/IoT', { RuleName }, plain),
    ...Object.entries(Success).flatMap(([ActionType, Succeeded]) =>
      counts('AWS/IoT', { RuleName, ActionType }, { Success: Succeeded }),
    ),
    ...Object.entries(Failure).flatMap(([ActionType, Failed]) =>
      counts('AWS/IoT', { RuleName, ActionType }, { Failure: Failed }),
    ),
  ])
  const streams = eventSources.iteratorAges().map(
    ({ functionArn, ageMs }): Reading => ({
      id: {
        namespace: 'AWS/Lambda',
        name: 'IteratorAge',
        dimensions: { FunctionName: functionArn.split(':')[6] ?? '' },
      },
      value: ageMs,
      kind: 'gauge',
    }),
  )
  return [...functions, ...queues, ...topicRules, ...streams]
}

function counts(
  namespace: string,
  dimensions: Readonly<Record<string, string>>,
  values: Readonly<Record<string, number>>,
): Reading[] {
  return Object.entries(values).map(([name, value]) => ({ id: { namespace, name, dimensions }, value, kind: 'count' }))
}
