import type { Command } from 'commander'
import { DEFAULT_ROOT, topicName } from '#contract/index.ts'
import { defineContract, jamey } from '#device/index.ts'
import { commandErrorOf, connectDevice } from './device-connection.ts'
import { readPayload } from './payload-argument.ts'
import { openTarget, type Target, type TargetOptions, withTargetOptions } from './target.ts'
import type { Terminal } from './terminal.ts'
import { textContract } from './text-contract.ts'
import { readTextArgument, resolveTopicArgument, type TopicArgument } from './topic-argument.ts'

const EXAMPLES = `
Examples:
  npx bridge publish events/status '{"status":"online","message":"up","component":"gateway"}'
  npx bridge publish ${topicName(DEFAULT_ROOT, 'conscience/evaluate', {})} 'no JSON' --raw`

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

async function publish(topic: string, json: string, options: PublishOptions, terminal: Terminal): Promise<void> {
  const target = openTarget(options)
  const publishing = options.raw
    ? publishText(topic, await readTextArgument(json), target, options)
    : publishPayload(resolveTopicArgument(topic, target.root), json, target, options)
  const published = await publishing.catch((error: unknown) => {
    throw commandErrorOf(error)
  })
  terminal.note(`published to ${published.topic}`)
}

async function publishText(topic: string, text: string, target: Target, options: PublishOptions) {
  await using connection = await connectDevice(textContract(target.root, [topic]), target, options)
  return await Promise.race([connection.bridge.publish(topic, text), connection.lost])
}

async function publishPayload({ key, params }: TopicArgument, json: string, target: Target, options: PublishOptions) {
  const payload = await readPayload(key, json)
  const contract = defineContract({ root: target.root, topics: jamey.topics })
  await using connection = await connectDevice(contract, target, options)
  // also where the contract says QoS 0: only an acknowledgement tells that the broker has taken it
  const published = connection.bridge.publish(key as never, payload as never, { params, qos: 1 })
  return await Promise.race([published, connection.lost])
}
