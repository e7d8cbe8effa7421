import { arn } from './context.ts'
import { type ResourceEmulator, replacing } from './emulator.ts'
import { readProperties } from './properties.ts'

/** AWS::SQS::QueuePolicy: held against every call that names one of its queues. */
export const sqsQueuePolicy: ResourceEmulator = {
  properties: {
    honoured: ['Queues', 'PolicyDocument'],
  },
  create(request, context) {
    const PolicyName = request.physicalName()
    const { PolicyDocument } = request.properties
    const removes = readProperties(request)
      .list('Queues')
      .map((queueUrl) => {
        const queueName = String(queueUrl).split('/').at(-1) ?? ''
        return context.iam.attachResourcePolicy(arn(context, 'sqs', queueName), { PolicyName, PolicyDocument })
      })
    const dispose = () => {
      for (const remove of removes) remove()
    }
    return { ref: PolicyName, dispose }
  },
  update: replacing((request, context) => sqsQueuePolicy.create(request, context)),
}
