import { randomUUID } from 'node:crypto'
import {
  createEnvelope,
  describeIssue,
  type Envelope,
  type Metadata,
  type TopicKey,
  topicDefinition,
} from '#contract/index.ts'
import { CommandError } from './command-error.ts'

/** Checks a payload against the contract and puts it into an envelope. Throws invalid_payload before anything is sent. */
export function outgoingEnvelope(
  message: { key: TopicKey; topic: string; payload: unknown },
  metadata: Partial<Metadata>,
): Envelope<unknown> {
  const parsed = topicDefinition(message.key).payload.safeParse(message.payload)
  if (!parsed.success) throw new CommandError('usage', 'invalid_payload', describeIssue(parsed.error))
  return createEnvelope(
    { topic: message.topic, payload: parsed.data, metadata },
    { messageId: randomUUID(), nowMs: Date.now() },
  )
}
