import { describeIssue, type TopicKey, topicDefinition } from '#contract/index.ts'
import { CommandError } from './command-error.ts'
import { readJsonArgument } from './topic-argument.ts'

/** Reads a payload and holds it against the contract, before anything is connected. Throws malformed_json, invalid_payload. */
export async function readPayload(key: TopicKey, text: string): Promise<unknown> {
  const payload = await readJsonArgument(text)
  const parsed = topicDefinition(key).payload.safeParse(payload)
  if (parsed.success) return payload
  throw new CommandError('usage', 'invalid_payload', describeIssue(parsed.error))
}
