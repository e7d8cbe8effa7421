import type { Emulator } from '../template/index.ts'
import { arn, type ResourceContext } from './context.ts'
import { readProperties } from './properties.ts'

/** AWS::SQS::Queue; its messages are kept over restarts. */
export const sqsQueue: Emulator<ResourceContext> = {
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
