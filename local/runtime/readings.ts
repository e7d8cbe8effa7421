import type { Reading } from '../cloudwatch/index.ts'
import type { RulesEngine } from '../iot/index.ts'
import type { LambdaService } from '../lambda/index.ts'
import type { SqsService } from '../sqs/index.ts'

/** What the services count, named as the metrics of CloudWatch. */
export function readings(services: {
  lambda: Pick<LambdaService, 'stats'>
  sqs: Pick<SqsService, 'queues' | 'counts'>
  rules: Pick<RulesEngine, 'counts'>
}): Reading[] {
  const { lambda, sqs, rules } = services
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
  return [...functions, ...queues, ...topicRules]
}

function counts(
  namespace: string,
  dimensions: Readonly<Record<string, string>>,
  values: Readonly<Record<string, number>>,
): Reading[] {
  return Object.entries(values).map(([name, value]) => ({ id: { namespace, name, dimensions }, value, kind: 'count' }))
}
