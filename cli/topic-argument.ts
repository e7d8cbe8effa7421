import { isTopicKey, resolveTopic, type TopicKey, topicName, topicTemplate } from '#contract/index.ts'
import { CommandError } from './command-error.ts'

/**
 * A topic as people write it: the key of the contract (`conscience/evaluate`), also with the sender's own id for `{clientId}`, or the
 * whole name. Throws topic_unknown.
 */
export function resolveTopicArgument(text: string, root: string, clientId: string): { key: TopicKey; topic: string } {
  if (isTopicKey(text)) {
    const own = text.includes('{clientId}') ? topicName(root, text, { clientId } as never) : topicTemplate(root, text)
    return { key: text, topic: own }
  }
  const key = resolveTopic(root, text)?.key
  if (key) return { key, topic: text }
  throw new CommandError(
    'usage',
    'topic_unknown',
    `topic "${text}" is not in the contract; "npx bridge topics" lists them`,
  )
}

/** Reads the JSON argument; `-` reads standard input. Throws malformed_json. */
export async function readJsonArgument(text: string): Promise<unknown> {
  const source = await readTextArgument(text)
  try {
    return JSON.parse(source)
  } catch (cause) {
    throw new CommandError('usage', 'malformed_json', 'the payload is not JSON', { cause })
  }
}

/** Reads a text argument; `-` reads standard input. */
export async function readTextArgument(text: string): Promise<string> {
  if (text !== '-') return text
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
