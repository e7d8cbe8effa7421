import { type Count, stepsOf } from '../meter/index.ts'
import { messageBytes, type OutgoingMessage } from './message.ts'
import type { SqsService } from './sqs-service.ts'

/** Names under which requests are counted: of what received nothing, there are as many as polls. */
export const EMPTY_RECEIVE = 'ReceiveMessage (empty)'

/**
 * The queues for other services, each call of which is a request; what comes over the API is counted there, as it comes.
 * https://aws.amazon.com/sqs/pricing/
 */
export function meteredQueues(queues: SqsService, count: Count): SqsService {
  return {
    ...queues,
    send(arn, message) {
      count('sqs.requests', 'SendMessage', stepsOf('sqs', messageBytes(message)))
      return queues.send(arn, message)
    },
    async receive(arn, options) {
      const messages = await queues.receive(arn, options)
      countReceive(count, messages)
      return messages
    },
    delete(receiptHandle) {
      count('sqs.requests', 'DeleteMessage')
      queues.delete(receiptHandle)
    },
    changeVisibility(receiptHandle, visibilityTimeoutSeconds) {
      count('sqs.requests', 'ChangeMessageVisibility')
      queues.changeVisibility(receiptHandle, visibilityTimeoutSeconds)
    },
  }
}

export function countReceive(count: Count, messages: readonly OutgoingMessage[]): void {
  const bytes = messages.reduce((sum, message) => sum + messageBytes(message), 0)
  count('sqs.requests', messages.length === 0 ? EMPTY_RECEIVE : 'ReceiveMessage', stepsOf('sqs', bytes))
}
