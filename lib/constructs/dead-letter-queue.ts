import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib'
import * as sqs from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { deadLetterQueueName } from '#contract/index.ts'

/**
 * A queue for what could not be handled: encrypted, TLS only, kept for the two weeks that SQS allows at most. `bridge dlq` finds it by its
 * name; its label is the name of the function whose events it takes.
 */
export class DeadLetterQueue extends Construct {
  readonly queue: sqs.Queue

  constructor(
    scope: Construct,
    id: string,
    props: { stage: string; isProduction: boolean; label: string; delaySeconds?: number },
  ) {
    super(scope, id)
    this.queue = new sqs.Queue(this, 'Queue', {
      queueName: deadLetterQueueName(props.stage, props.label),
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      ...(props.delaySeconds !== undefined && { deliveryDelay: Duration.seconds(props.delaySeconds) }),
      removalPolicy: props.isProduction ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
    Validations.of(this.queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'This is itself the dead-letter queue; its depth raises an alarm.',
    })
  }
}
