import { isTopicKey, resolveTopic, type TopicKey } from '#contract/index.ts'
import { CommandError } from './command-error.ts'

export interface TopicArgument {
  key: TopicKey
  /** Values of its placeholders, as far as they were given. */
  params: Record<string, string>
}

/**
 * A topic as people write it: the key of the contract (`conscience/evaluate`), where the sender's own id stands for `{clientId}`, or the
 * whole name. Throws topic_unknown.
 */
export function resolveTopicArgument(text: string, root: string): TopicArgument {
  if (isTopicKey(text)) return { key: text, params: {} }
  const found = resolveTopic(root, text)
  if (found) return { key: found.key, params: { ...found.parameters } as Record<string, string> }
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
