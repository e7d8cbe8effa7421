import type { PublishOptions, PublishResult } from '../api/operations.ts'
import type { OutgoingMessage } from '../outbox/outgoing-message.ts'
import { runOperation } from './operation.ts'
import type { Parts } from './parts.ts'
import { newUuid, prepareMessage } from './prepare-message.ts'

/** Publishes one message. See `Bridge.publish`. */
export function publish(
  parts: Parts,
  key: string,
  payload: unknown,
  options: PublishOptions = {},
): Promise<PublishResult> {
  const { outbox, settings } = parts
  const messageId = options.messageId ?? newUuid()
  const accepted: { messageId: string; topic: string } = { messageId, topic: '' }
  let message: OutgoingMessage | undefined
  return runOperation<PublishResult>(
    parts,
    {
      timeoutMs: options.timeoutMs,
      signal: options.signal,
      wait: options.wait,
      name: 'publish',
      subject: key,
      defaultTimeoutMs: settings.timeouts.publishMs,
      accepted,
      onGivenUp: (why) => why === 'aborted' && message && outbox.withdraw(message),
    },
    (settle) => {
      message = prepareMessage(parts, {
        key,
        definition: parts.binding.definition(key),
        payload,
        options,
        messageId,
        durable: true,
        onEnd: (error, reasonCode) =>
          error
            ? settle.reject(error)
            : settle.resolve(reasonCode === undefined ? accepted : { ...accepted, reasonCode }),
      })
      accepted.topic = message.topic
      outbox.accept(message)
    },
  )
}
