import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as sqs from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { BridgeFunction } from './bridge-function.ts'

/** What Lambda does with a queue on behalf of a function, with the function's role. */
const QUEUE_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'] as const
/** Lambda asks for a visibility timeout of six function timeouts. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const VISIBILITY_FACTOR = 6

/** A queue for work that is handed to a function: encrypted, TLS only, with a dead-letter queue. */
export class WorkQueue extends Construct {
  readonly queue: sqs.Queue

  constructor(
    scope: Construct,
    id: string,
    props: {
      queueName: string
      functionTimeoutSeconds: number
      deadLetterQueue: sqs.IQueue
      attempts: number
      isProduction: boolean
    },
  ) {
    super(scope, id)
    this.queue = new sqs.Queue(this, 'Queue', {
      queueName: props.queueName,
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(VISIBILITY_FACTOR * props.functionTimeoutSeconds),
      deadLetterQueue: { queue: props.deadLetterQueue, maxReceiveCount: props.attempts },
      removalPolicy: props.isProduction ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
  }

  /** Has its messages handed to the function, which names those that it could not handle. */
  feed(target: BridgeFunction): void {
    handOver(this, this.queue, target, { batchSize: 10, functionResponseTypes: ['ReportBatchItemFailures'] })
  }
}

/** Has the messages of a queue handed to a function. What it failed on comes back when its visibility timeout is over. */
export function handOver(
  scope: Construct,
  queue: sqs.IQueue,
  target: BridgeFunction,
  options: Pick<lambda.CfnEventSourceMappingProps, 'batchSize' | 'functionResponseTypes'>,
): void {
  for (const action of QUEUE_ACTIONS) target.allow(action, queue.queueArn)
  const mapping = new lambda.CfnEventSourceMapping(scope, 'Source', {
    eventSourceArn: queue.queueArn,
    functionName: target.function.functionArn,
    ...options,
  })
  // the service refuses a source that the role may not read yet
  mapping.node.addDependency(target.role)
}
