import { arn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { readProperties } from './properties.ts'

/** AWS::SQS::Queue; its messages are kept over restarts. */
export const sqsQueue: ResourceEmulator = {
  properties: {
    honoured: [
      'QueueName',
      'DelaySeconds',
      'FifoQueue',
      'KmsDataKeyReusePeriodSeconds',
      'KmsMasterKeyId',
      'MaximumMessageSize',
      'MessageRetentionPeriod',
      'ReceiveMessageWaitTimeSeconds',
      'RedriveAllowPolicy',
      'RedrivePolicy',
      'SqsManagedSseEnabled',
      'VisibilityTimeout',
      // what is no attribute is refused by the service itself
      '*',
    ],
    ignored: ['Tags'],
    refused: ['ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit'],
  },
  note: 'standard queues; what is no attribute is refused; keys of encryption and RedriveAllowPolicy are shown and have no effect; stays when it leaves the template, as over a restart',
  create(request, context) {
    const name = readProperties(request).optionalText('QueueName') ?? request.physicalName()
    const queueArn = arn(context, 'sqs', name)
    // these two are no attributes of a queue
    const { QueueName: _, Tags: __, ...attributes } = request.properties
    context.sqs.createQueue({ name, arn: queueArn, attributes })
    const url = `${context.apiUrl}/${context.accountId}/${name}`
    return { ref: url, attributes: { Arn: queueArn, QueueName: name, QueueUrl: url } }
  },
}
