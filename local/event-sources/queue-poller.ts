import type { JsonValue, LambdaService } from '../lambda/index.ts'
import { type ReceivedMessage, type SqsService, textDigest } from '../sqs/index.ts'
import { failedItems } from './batch-response.ts'
import type { EventSourceMapping, Poller, SourceLog } from './mapping.ts'

const LONG_POLL_SECONDS = 20
/** SQS gives no more at once, so a larger batch is handed over in several. */
const MAX_MESSAGES = 10

/**
 * Receives messages and hands them to a function. What it handled is deleted; what it failed on comes back when its visibility timeout is
 * over, and ends in the queue's own dead-letter queue. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export function pollQueue(
  mapping: EventSourceMapping,
  services: {
    sqs: SqsService
    lambda: Pick<LambdaService, 'invoke'>
    region: string
    log: SourceLog
    onSettled(): void
  },
): Poller {
  const { sqs, lambda, region, log, onSettled } = services
  const { eventSourceArn, functionArn } = mapping
  const stopping = new AbortController()
  let busy = 0
  const loops = Array.from({ length: mapping.maximumConcurrency }, () => loop())

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      const messages = await receive()
      if (messages.length === 0) continue
      if (stopping.signal.aborted) {
        // received for nobody: back at once
        for (const { receiptHandle } of messages) sqs.changeVisibility(receiptHandle, 0)
        return
      }
      busy += 1
      try {
        await handle(messages)
      } finally {
        busy -= 1
        onSettled()
      }
    }
  }

  async function receive(): Promise<ReceivedMessage[]> {
    try {
      const maxMessages = Math.min(MAX_MESSAGES, mapping.batchSize)
      const wanted = { maxMessages, waitTimeSeconds: LONG_POLL_SECONDS, signal: stopping.signal }
      return await sqs.receive(eventSourceArn, wanted)
    } catch (error) {
      stopping.abort()
      log({ level: 'error', event: 'event_source_stopped', eventSourceArn, reason: String(error) })
      return []
    }
  }

  async function handle(messages: readonly ReceivedMessage[]): Promise<void> {
    const ids = messages.map(({ messageId }) => messageId)
    const failed = await failuresOf(messages, ids)
    for (const { messageId, receiptHandle } of messages) if (!failed.has(messageId)) sqs.delete(receiptHandle)
    if (failed.size > 0) {
      log({ level: 'warn', event: 'event_source_batch_failed', eventSourceArn, functionArn, failed: failed.size })
    }
  }

  async function failuresOf(
    messages: readonly ReceivedMessage[],
    ids: readonly string[],
  ): Promise<ReadonlySet<string>> {
    try {
      const Records = messages.map((message) => recordOf(message, eventSourceArn, region))
      const { payload, functionError } = await lambda.invoke(functionArn, { Records })
      if (functionError) return new Set(ids)
      return mapping.reportsItemFailures ? failedItems(payload, ids) : new Set()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log({ level: 'warn', event: 'event_source_invoke_failed', eventSourceArn, functionArn, reason })
      return new Set(ids)
    }
  }

  return {
    iteratorAgeMs: () => undefined,
    isIdle: () => busy === 0 && (stopping.signal.aborted || sqs.counts(eventSourceArn).visible === 0),
    async stop() {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
function recordOf(message: ReceivedMessage, eventSourceARN: string, awsRegion: string): JsonValue {
  const messageAttributes = Object.entries(message.messageAttributes).map(
    ([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      {
        ...(StringValue !== undefined && { stringValue: StringValue }),
        ...(BinaryValue !== undefined && { binaryValue: BinaryValue }),
        stringListValues: [],
        binaryListValues: [],
        dataType: DataType,
      },
    ],
  )
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: message.attributes,
    messageAttributes: Object.fromEntries(messageAttributes),
    md5OfBody: textDigest(message.body),
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion,
  }
}
