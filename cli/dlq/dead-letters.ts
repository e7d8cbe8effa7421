import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { deploymentNames } from '#contract/index.ts'
import { CommandError } from '../command-error.ts'
import type { Target } from '../target.ts'
import { type Letter, labelOf, readLetter } from './letter.ts'

export interface DeadLetterQueue {
  label: string
  url: string
  /** Waiting, and received by somebody who has not deleted them; both are what the service estimates. */
  depth: { waiting: number; inFlight: number }
}

/** A letter with what brings it back or takes it away. */
export interface HeldLetter extends Letter {
  message: Message
}

/** All dead-letter queues of a stage, in AWS or in the local runtime: the calls are the same. */
export interface DeadLetters {
  /** In the order of their labels. Throws queue_unknown for a label that is not there. */
  queues(label?: string): Promise<DeadLetterQueue[]>
  /**
   * Takes messages out of sight, at most `limit`, and gives them. Until they are let go others do not see them; when `hiddenSeconds` are over
   * they come back by themselves.
   */
  hold(queue: DeadLetterQueue, options: { limit: number; hiddenSeconds: number }): Promise<HeldLetter[]>
  /** Puts held messages back in sight at once. */
  letGo(queue: DeadLetterQueue, letters: readonly HeldLetter[]): Promise<void>
  /** Sends one back to where it came from, and deletes it once it was taken there. Throws what the service says, and redrive_impossible. */
  redrive(queue: DeadLetterQueue, letter: HeldLetter): Promise<void>
}

const RECEIVED_AT_ONCE = 10

export function openDeadLetters({ aws, stage, root }: Target, nowMs: () => number = Date.now): DeadLetters {
  const sqs = new SQSClient(aws)
  const lambda = new LambdaClient(aws)
  const { deadLetterPrefix, rulePrefix } = deploymentNames(stage)

  async function depthOf(url: string): Promise<DeadLetterQueue['depth']> {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: url,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    )
    return {
      waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0),
      inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
    }
  }

  /** Letters of one receipt; none when the queue has no others in sight. */
  async function receive({ url, label }: DeadLetterQueue, count: number, hiddenSeconds: number, waitSeconds: number) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: Math.min(RECEIVED_AT_ONCE, count),
        VisibilityTimeout: hiddenSeconds,
        WaitTimeSeconds: waitSeconds,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['SentTimestamp', 'DeadLetterQueueSourceArn'],
      }),
    )
    return Messages.map((message) => ({
      ...readLetter(message, { stage, root, rulePrefix, label, nowMs: nowMs() }),
      message,
    }))
  }

  async function accept({ origin, message }: HeldLetter): Promise<void> {
    switch (origin.to) {
      case 'function':
        await lambda.send(
          new InvokeCommand({
            FunctionName: origin.name,
            InvocationType: 'Event',
            Payload: new TextEncoder().encode(origin.event),
          }),
        )
        return
      case 'queue': {
        const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: origin.arn.split(':').at(-1) }))
        const { MessageAttributes } = message
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: origin.body, MessageAttributes }))
        return
      }
      case 'nowhere':
        throw new CommandError('failed', 'redrive_impossible', origin.reason)
    }
  }

  return {
    async queues(label) {
      const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: deadLetterPrefix }))
      const found = QueueUrls.flatMap((url) => {
        const own = labelOf(stage, url)
        return own === undefined ? [] : [{ label: own, url }]
      }).sort((a, b) => (a.label < b.label ? -1 : 1))
      const wanted = label === undefined ? found : found.filter((one) => one.label === label)
      if (label !== undefined && wanted.length === 0) {
        const names = found.map((one) => one.label).join(', ') || 'none'
        throw new CommandError('usage', 'queue_unknown', `there is no dead-letter queue ${label}; there are: ${names}`)
      }
      return Promise.all(wanted.map(async (one) => ({ ...one, depth: await depthOf(one.url) })))
    },

    async hold(queue, { limit, hiddenSeconds }) {
      const held = new Map<string, HeldLetter>()
      while (held.size < limit) {
        // a short receive may miss some on AWS, so while there ought to be more, it waits for them
        const waitSeconds = held.size < queue.depth.waiting ? 1 : 0
        const letters = await receive(queue, limit - held.size, hiddenSeconds, waitSeconds)
        const before = held.size
        // a message can come twice; the latest receipt is the one that counts
        for (const letter of letters) held.set(letter.messageId, letter)
        if (held.size === before) break
      }
      return [...held.values()].sort((a, b) => a.sentAtMs - b.sentAtMs)
    },

    async letGo(queue, letters) {
      for (let index = 0; index < letters.length; index += RECEIVED_AT_ONCE) {
        const Entries = letters.slice(index, index + RECEIVED_AT_ONCE).map(({ message }, at) => ({
          Id: String(at),
          ReceiptHandle: message.ReceiptHandle,
          VisibilityTimeout: 0,
        }))
        await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queue.url, Entries }))
      }
    },

    async redrive(queue, letter) {
      await accept(letter)
      const { ReceiptHandle } = letter.message
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }))
    },
  }
}
