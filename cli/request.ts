import { randomUUID } from 'node:crypto'
import { type Command, Option } from 'commander'
import { type ContractTopic, errorNotification, REQUEST_LIMITS } from '#contract/index.ts'
import { defineContract, isDeviceError, jamey, type Message } from '#device/index.ts'
import { CommandError } from './command-error.ts'
import { commandErrorOf, connectDevice } from './device-connection.ts'
import { readPayload } from './payload-argument.ts'
import { ageText } from './table.ts'
import { openTarget, type TargetOptions, withTargetOptions } from './target.ts'
import { pretty, type Terminal } from './terminal.ts'
import { resolveTopicArgument } from './topic-argument.ts'

const EXAMPLES = `
An error reply is printed to standard error with its code, and the exit code is 1.

Examples:
  npx bridge request conscience/evaluate '{"action":"Delete user data","context":"User requested account deletion"}'
  npx bridge request memory/store '{"layer":"long_term","content":"The gate sticks in rain","tags":["garden"]}'
  npx bridge request memory/query '{"query":"rain"}' --json
  npx bridge request conscience/review '{"action":"Delete all user data","context":"Nobody asked"}'
  npx bridge request api/requests '{"method":"GET","path":"/public/health"}'`

interface RequestOptions extends TargetOptions {
  clientId: string
  permissions?: string[]
  correlationId: string
  replyTo?: string
  timeout?: string
  json?: boolean
}

/** `bridge request TOPIC JSON`: sends one request and prints its typed reply. */
export function requestCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('request <topic> <json>')
    .description('send a request and print its reply; "-" reads the payload from standard input')
    .option('--client-id <id>', 'registered device to send as', 'cli-request')
    .option('--permissions <patterns...>', 'permissions of the token (default: all of the role)')
    .addOption(
      new Option('--correlation-id <id>', 'send again with the same id to get the same reply').default(
        randomUUID(),
        'a new UUID',
      ),
    )
    .option('--reply-to <topic>', 'topic of the reply (default: the private one)')
    .option(
      '--timeout <ms>',
      `how long to wait for the reply (default: as long as the topic says, else ${REQUEST_LIMITS.deadlineMs})`,
    )
    .option('--json', 'print the whole reply envelope on one line')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((topic: string, json: string, options: RequestOptions) => request(topic, json, options, terminal))
}

async function request(topicText: string, json: string, options: RequestOptions, terminal: Terminal): Promise<void> {
  const target = openTarget(options)
  const { key, params } = resolveTopicArgument(topicText, target.root)
  const { reply, direction, answeredWithinMs = REQUEST_LIMITS.deadlineMs } = jamey.topics[key] as ContractTopic
  const timeoutMs = Number(options.timeout ?? answeredWithinMs)
  if (!(timeoutMs > 0))
    throw new CommandError('usage', 'invalid_option', `--timeout: expected ms, got ${options.timeout}`)
  if (!reply || direction === 'toDevice')
    throw new CommandError('usage', 'not_a_request', `topic "${key}" is not answered; use "npx bridge publish"`)
  const payload = await readPayload(key, json)

  const contract = replyingTo(options.replyTo, reply.payload, target.root)
  await using connection = await connectDevice(contract, target, options, params)
  const startedAtMs = performance.now()
  if (timeoutMs > REQUEST_LIMITS.deadlineMs) {
    terminal.note(terminal.colors.dim(`sent; a workflow answers, which may take up to ${ageText(timeoutMs / 1_000)}`))
  }
  let answer: { topic: string; whole: unknown } | undefined
  const asking = connection.bridge.request(key as never, payload as never, {
    params,
    timeoutMs,
    correlationId: options.correlationId,
    replyTopic: options.replyTo,
    onReply(message, received) {
      answer = { topic: message.topic, whole: wholeOf(message, received) }
    },
  })
  const asJson = options.json === true
  const result = await Promise.race([asking, connection.lost]).catch((error: unknown) => {
    if (asJson && answer) terminal.result(JSON.stringify(answer.whole))
    throw requestError(error, options.correlationId)
  })
  terminal.result(asJson ? JSON.stringify(answer?.whole) : pretty(result))
  const elapsedMs = performance.now() - startedAtMs
  terminal.note(terminal.colors.dim(`answered in ${elapsedMs.toFixed(0)} ms on ${answer?.topic}`))
}

/** The catalogue, with the reply topic that the caller names: whether it may be used is for the broker and the function to say. */
function replyingTo(replyTo: string | undefined, payload: ContractTopic['payload'], root: string) {
  if (replyTo === undefined) return defineContract({ root, topics: jamey.topics })
  const named = { direction: 'toDevice', qos: 1, absolute: true, payload } as const
  return defineContract({ root, topics: { ...jamey.topics, [replyTo]: named } })
}

/** The reply with its envelope; one that is flat has none. */
function wholeOf({ messageId, timestamp, topic, metadata }: Message, payload: unknown): unknown {
  return timestamp === undefined ? payload : { message_id: messageId, timestamp, topic, payload, metadata }
}

function requestError(error: unknown, correlationId: string): unknown {
  if (!isDeviceError(error)) return error
  if (error.code === 'reply_timeout') {
    const { timeoutMs } = error.details
    const message = `no reply within ${timeoutMs} ms; the same --correlation-id ${correlationId} may be sent again`
    return new CommandError('failed', 'timeout', message, { cause: error })
  }
  if (error.code !== 'request_refused') return commandErrorOf(error)
  const { code, problem, notification } = error.details
  const component = errorNotification.safeParse(notification).data?.component
  const from = component === undefined ? '' : ` (${component})`
  return new CommandError('failed', String(code), `${String(problem)}${from}`, { cause: error })
}
