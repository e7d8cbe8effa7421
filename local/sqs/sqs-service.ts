import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { type Clock, createSystemClock, inTransaction } from '../state/index.ts'
import { checkMessage, type OutgoingMessage, type ReceivedMessage } from './message.ts'
import { attributesDigest, textDigest } from './message-digest.ts'
import { type QueueAttributes, type QueueSettings, readSettings, shownAttributes } from './queue-settings.ts'
import { createQueueStore, type MessageCounts, type StoredMessage, type StoredQueue } from './queue-store.ts'
import { SqsError } from './sqs-error.ts'

/** What the sender of a message gets. */
export interface SentMessage {
  messageId: string
  md5OfBody: string
  /** Missing without message attributes. */
  md5OfMessageAttributes?: string
}

/** How much to receive and how long to wait; the queue's values where missing, one message without `maxMessages`. */
export interface ReceiveOptions {
  /** 1 to 10. */
  maxMessages?: number | undefined
  /** 0 to 43,200. */
  visibilityTimeoutSeconds?: number | undefined
  /** 0 to 20. */
  waitTimeSeconds?: number | undefined
  /** Ends the wait, with no messages. */
  signal?: AbortSignal | undefined
}

/** Standard queues, by ARN. Methods throw or reject with `SqsError`, all with `QueueDoesNotExist`. */
export interface SqsService extends Disposable {
  /** A queue that is there keeps its messages and gets these attributes. `InvalidAttributeName` and `…Value`, `UnsupportedOperation`, `InvalidParameterValue`. */
  createQueue(queue: { name: string; arn: string; attributes?: QueueAttributes | undefined }): void
  /** Returns once the message is stored. `MissingParameter`, `InvalidMessageContents`, `InvalidParameterValue`. */
  send(arn: string, message: OutgoingMessage): SentMessage
  /** Waits for a first message up to the wait time, which ends when the service closes. `InvalidParameterValue`. */
  receive(arn: string, options?: ReceiveOptions): Promise<ReceivedMessage[]>
  /** Deletes what was received with this handle, if it was not received again since. `ReceiptHandleIsInvalid`. */
  delete(receiptHandle: string): void
  /** Lets a received message be received again after this time, 0 to 43,200. `ReceiptHandleIsInvalid`, `InvalidParameterValue`. */
  changeVisibility(receiptHandle: string, visibilityTimeoutSeconds: number): void
  /** All attributes of the queue in the form of the API, counts included. */
  attributes(arn: string): Record<string, string>
  counts(arn: string): MessageCounts
  purge(arn: string): void
  queues(): { name: string; arn: string }[]
  /** Ends waiting receives with no messages. */
  close(): void
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
const MAX_MESSAGES = 10
const MAX_WAIT_SECONDS = 20
const MAX_VISIBILITY_TIMEOUT_SECONDS = 43_200
const MAX_DELAY_SECONDS = 900
const QUEUE_ARN = /^arn:[a-z-]+:sqs:[a-z0-9-]+:\d{12}:([A-Za-z0-9_-]{1,80})$/
const HANDLE_PREFIX = 'AQEB'

/**
 * Queues that survive a restart: a message stays until it is deleted or its retention period is over, and is received
 * at least once. Messages come in about the order they were sent. A redrive policy moves what was received too often.
 */
export function createSqsService(options: {
  db: DatabaseSync
  clock?: Clock | undefined
  newId?: (() => string) | undefined
}): SqsService {
  const { db, clock = createSystemClock(), newId = randomUUID } = options
  const store = createQueueStore(db)
  const queues = new Map<string, StoredQueue & { settings: QueueSettings }>()
  const waiters = new Set<{ arn: string; wake: () => void }>()
  let closed = false

  for (const queue of store.queues()) queues.set(queue.arn, { ...queue, settings: readSettings(queue.attributes) })

  function queueOf(arn: string) {
    const queue = queues.get(arn)
    if (!queue) throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.')
    return queue
  }

  function send(arn: string, message: OutgoingMessage): SentMessage {
    const { settings } = queueOf(arn)
    checkMessage(message, settings.maximumMessageBytes)
    const { body, attributes = {}, messageAttributes = {}, delaySeconds = settings.delaySeconds } = message
    checkRange('DelaySeconds', delaySeconds, 0, MAX_DELAY_SECONDS)

    const messageId = newId()
    const sentAtMs = clock.nowMs()
    store.addMessage({
      ...{ messageId, queueArn: arn, body, attributes, messageAttributes },
      ...{ sentAtMs, visibleAtMs: sentAtMs + delaySeconds * 1000 },
      ...{ receiveCount: 0, firstReceivedAtMs: undefined, receiptHandle: undefined },
    })
    wakeWaiters(arn)
    const md5OfMessageAttributes = attributesDigest(messageAttributes)
    return { messageId, md5OfBody: textDigest(body), ...(md5OfMessageAttributes && { md5OfMessageAttributes }) }
  }

  async function receive(arn: string, wanted: ReceiveOptions = {}): Promise<ReceivedMessage[]> {
    const { settings } = queueOf(arn)
    const { maxMessages = 1, visibilityTimeoutSeconds = settings.visibilityTimeoutSeconds } = wanted
    const { waitTimeSeconds = settings.receiveWaitSeconds, signal } = wanted
    checkRange('MaxNumberOfMessages', maxMessages, 1, MAX_MESSAGES)
    checkRange('VisibilityTimeout', visibilityTimeoutSeconds, 0, MAX_VISIBILITY_TIMEOUT_SECONDS)
    checkRange('WaitTimeSeconds', waitTimeSeconds, 0, MAX_WAIT_SECONDS)

    const deadlineMs = clock.nowMs() + waitTimeSeconds * 1000
    while (!closed && !signal?.aborted) {
      const messages = inTransaction(db, () => take(arn, maxMessages, visibilityTimeoutSeconds))
      if (messages.length > 0 || clock.nowMs() >= deadlineMs) return messages
      await nextChange(arn, deadlineMs, signal)
    }
    return []
  }

  function take(arn: string, maxMessages: number, visibilityTimeoutSeconds: number): ReceivedMessage[] {
    const nowMs = clock.nowMs()
    removeExpired(arn)
    for (;;) {
      const visible = store.visibleMessages(arn, nowMs, maxMessages)
      const kept = visible.filter((message) => !redriven(message))
      // Others may come after messages that have all been moved.
      if (kept.length === 0 && visible.length > 0) continue
      return kept.map((message) => takeOne(message, nowMs + visibilityTimeoutSeconds * 1000, nowMs))
    }
  }

  function takeOne(message: StoredMessage, visibleAtMs: number, nowMs: number): ReceivedMessage {
    const { messageId, body, messageAttributes } = message
    const receiptHandle = HANDLE_PREFIX + Buffer.from(newId()).toString('base64url')
    const receiveCount = message.receiveCount + 1
    const firstReceivedAtMs = message.firstReceivedAtMs ?? nowMs
    store.updateMessage({ ...message, visibleAtMs, receiveCount, firstReceivedAtMs, receiptHandle })
    const attributes = {
      ...message.attributes,
      SentTimestamp: String(message.sentAtMs),
      ApproximateReceiveCount: String(receiveCount),
      ApproximateFirstReceiveTimestamp: String(firstReceivedAtMs),
    }
    return { messageId, receiptHandle, body, attributes, messageAttributes: { ...messageAttributes } }
  }

  /** Moves a message received too often to the dead-letter queue, where it keeps its age. */
  function redriven(message: StoredMessage): boolean {
    const redrive = queueOf(message.queueArn).settings.redrive
    if (!redrive || message.receiveCount < redrive.maxReceiveCount || !queues.has(redrive.deadLetterArn)) return false
    const attributes = { ...message.attributes, DeadLetterQueueSourceArn: message.queueArn }
    const fresh = { receiveCount: 0, firstReceivedAtMs: undefined, receiptHandle: undefined }
    store.updateMessage({ ...message, ...fresh, attributes, queueArn: redrive.deadLetterArn })
    wakeWaiters(redrive.deadLetterArn)
    return true
  }

  function checkHandle(receiptHandle: string): void {
    if (receiptHandle.startsWith(HANDLE_PREFIX)) return
    const message = `The input receipt handle "${receiptHandle}" is not a valid receipt handle.`
    throw new SqsError('ReceiptHandleIsInvalid', message)
  }

  function changeVisibility(receiptHandle: string, visibilityTimeoutSeconds: number): void {
    checkHandle(receiptHandle)
    checkRange('VisibilityTimeout', visibilityTimeoutSeconds, 0, MAX_VISIBILITY_TIMEOUT_SECONDS)
    const nowMs = clock.nowMs()
    const message = store.messageByHandle(receiptHandle)
    if (!message || message.visibleAtMs <= nowMs) {
      const reason = 'Message does not exist or is not available for visibility timeout change.'
      const text = `Value ${receiptHandle} for parameter ReceiptHandle is invalid. Reason: ${reason}`
      throw new SqsError('InvalidParameterValue', text)
    }
    store.updateMessage({ ...message, visibleAtMs: nowMs + visibilityTimeoutSeconds * 1000 })
    wakeWaiters(message.queueArn)
  }

  function removeExpired(arn: string): void {
    store.removeSentUntil(arn, clock.nowMs() - queueOf(arn).settings.messageRetentionSeconds * 1000)
  }

  async function nextChange(arn: string, deadlineMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const nextMs = Math.min(deadlineMs, store.nextVisibleMs(arn, clock.nowMs()) ?? deadlineMs)
    const waiter = { arn, wake: resolve }
    const cancel = clock.after(nextMs - clock.nowMs(), resolve)
    waiters.add(waiter)
    const abort = () => resolve()
    signal?.addEventListener('abort', abort)
    await promise
    signal?.removeEventListener('abort', abort)
    waiters.delete(waiter)
    cancel()
  }

  function wakeWaiters(arn: string): void {
    for (const waiter of waiters) if (waiter.arn === arn) waiter.wake()
  }

  function counts(arn: string): MessageCounts {
    removeExpired(arn)
    return store.counts(arn, clock.nowMs())
  }

  function close(): void {
    closed = true
    for (const { wake } of waiters) wake()
  }

  return {
    createQueue({ name, arn, attributes = {} }) {
      if (QUEUE_ARN.exec(arn)?.[1] !== name) {
        const expected = `expected arn:<partition>:sqs:<region>:<account>:${name} with a name of 1 to 80 characters`
        throw new SqsError('InvalidParameterValue', `The queue's ARN is invalid: ${expected}, got '${arn}'`)
      }
      const settings = readSettings(attributes)
      const nowMs = clock.nowMs()
      const createdAtMs = queues.get(arn)?.createdAtMs ?? nowMs
      const queue = { arn, name, attributes, createdAtMs, modifiedAtMs: nowMs }
      store.putQueue(queue)
      queues.set(arn, { ...queue, settings })
    },
    send,
    receive,
    delete(receiptHandle) {
      checkHandle(receiptHandle)
      store.removeByHandle(receiptHandle)
    },
    changeVisibility,
    attributes(arn) {
      const { attributes, createdAtMs, modifiedAtMs } = queueOf(arn)
      const { visible, notVisible, delayed } = counts(arn)
      return {
        ...shownAttributes(attributes),
        QueueArn: arn,
        CreatedTimestamp: String(Math.floor(createdAtMs / 1000)),
        LastModifiedTimestamp: String(Math.floor(modifiedAtMs / 1000)),
        ApproximateNumberOfMessages: String(visible),
        ApproximateNumberOfMessagesNotVisible: String(notVisible),
        ApproximateNumberOfMessagesDelayed: String(delayed),
      }
    },
    counts,
    purge(arn) {
      queueOf(arn)
      store.removeSentUntil(arn, Number.MAX_SAFE_INTEGER)
    },
    queues: () => [...queues.values()].map(({ name, arn }) => ({ name, arn })),
    close,
    [Symbol.dispose]: close,
  }
}

function checkRange(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new SqsError(
    'InvalidParameterValue',
    `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${min} and ${max}, if provided.`,
  )
}
