import type { Command } from 'commander'
import { openSession } from './mqtt-session.ts'
import { outgoingEnvelope } from './outgoing.ts'
import { openTarget, type TargetOptions, withTargetOptions } from './target.ts'
import type { Terminal } from './terminal.ts'
import { readJsonArgument, readTextArgument, resolveTopicArgument } from './topic-argument.ts'

const EXAMPLES = `
Examples:
  npx bridge publish events/status '{"status":"online","message":"up","component":"gateway"}'
  npx bridge publish jamey/conscience/evaluate 'no JSON' --raw`

interface PublishOptions extends TargetOptions {
  clientId: string
  permissions?: string[]
  raw?: boolean
}

/** `bridge publish TOPIC JSON`: sends one message and waits until the broker has taken it. */
export function publishCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('publish <topic> <json>')
    .description('publish a payload in an envelope; "-" reads it from standard input')
    .option('--client-id <id>', 'registered device to send as', 'cli-publish')
    .option('--permissions <patterns...>', 'permissions of the token (default: all of the role)')
    .option('--raw', 'send the text as it is, to a topic written with its root: no envelope, no check of the payload')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((topic: string, json: string, options: PublishOptions) => publish(topic, json, options, terminal))
}

async function publish(topicText: string, json: string, options: PublishOptions, terminal: Terminal): Promise<void> {
  const target = openTarget(options)
  const { topic, text } = options.raw
    ? { topic: topicText, text: await readTextArgument(json) }
    : await wrapped(topicText, json, options, target.root)
  await using session = await openSession(target, options)
  // also where the contract says QoS 0: only an acknowledgement tells that the broker has taken it
  await session.publish(topic, text, 1)
  terminal.note(`published to ${topic}`)
}

async function wrapped(topicText: string, json: string, { clientId }: PublishOptions, root: string) {
  const { key, topic } = resolveTopicArgument(topicText, root, clientId)
  const message = { key, topic, payload: await readJsonArgument(json) }
  const envelope = outgoingEnvelope(message, { client_id: clientId })
  return { topic, text: JSON.stringify(envelope) }
}
