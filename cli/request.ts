import { randomUUID } from 'node:crypto'
import { type Command, Option } from 'commander'
import {
  type Envelope,
  envelopeSchema,
  errorNotification,
  privateReplyTopic,
  REQUEST_LIMITS,
  topicDefinition,
} from '#contract/index.ts'
import { CommandError } from './command-error.ts'
import { openSession } from './mqtt-session.ts'
import { outgoingEnvelope } from './outgoing.ts'
import { openTarget, type TargetOptions, withTargetOptions } from './target.ts'
import { pretty, type Terminal } from './terminal.ts'
import { readJsonArgument, resolveTopicArgument } from './topic-argument.ts'

const EXAMPLES = `
An error reply is printed to standard error with its code, and the exit code is 1.

Examples:
  npx bridge request conscience/evaluate '{"action":"Delete user data","context":"User requested account deletion"}'
  npx bridge request memory/store '{"layer":"long_term","content":"The gate sticks in rain","tags":["garden"]}'
  npx bridge request memory/query '{"query":"rain"}' --json
  npx bridge request api/requests '{"method":"GET","path":"/public/health"}'`

interface RequestOptions extends TargetOptions {
  clientId: string
  permissions?: string[]
  correlationId: string
  replyTo?: string
  timeout: string
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
    .option('--timeout <ms>', 'how long to wait for the reply', String(REQUEST_LIMITS.deadlineMs))
    .option('--json', 'print the whole reply envelope on one line')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((topic: string, json: string, options: RequestOptions) => request(topic, json, options, terminal))
}

async function request(topicText: string, json: string, options: RequestOptions, terminal: Terminal): Promise<void> {
  const timeoutMs = Number(options.timeout)
  if (!(timeoutMs > 0))
    throw new CommandError('usage', 'invalid_option', `--timeout: expected ms, got ${options.timeout}`)
  const target = openTarget(options)
  const { key, topic } = resolveTopicArgument(topicText, target.root, options.clientId)
  const reply = topicDefinition(key).reply
  if (!reply)
    throw new CommandError('usage', 'not_a_request', `topic "${key}" is not answered; use "npx bridge publish"`)
  const own = privateReplyTopic(target.root, options.clientId)
  const replyTo = options.replyTo ?? own
  const envelope = outgoingEnvelope(
    { key, topic, payload: await readJsonArgument(json) },
    { client_id: options.clientId, correlation_id: options.correlationId, reply_to: replyTo },
  )

  await using session = await openSession(target, options)
  const answer = Promise.withResolvers<Envelope>()
  // the time may be up while the message is still being sent, and nobody waits for the answer yet
  answer.promise.catch(() => {})
  const onMessage = (_: string, payload: Buffer) => {
    const parsed = envelopeSchema.safeParse(JSON.parse(payload.toString('utf8')))
    if (parsed.data?.metadata.correlation_id === options.correlationId) answer.resolve(parsed.data)
  }
  // errors always come to the private topic, so it is listened to whatever the reply topic
  for (const filter of new Set([own, replyTo])) await session.subscribe(filter, onMessage)
  const startedAtMs = performance.now()
  const timer = setTimeout(() => {
    answer.reject(
      new CommandError(
        'failed',
        'timeout',
        `no reply within ${timeoutMs} ms; the same --correlation-id ${options.correlationId} may be sent again`,
      ),
    )
  }, timeoutMs)
  try {
    await session.publish(topic, JSON.stringify(envelope), 1)
    const received = await Promise.race([answer.promise, session.lost])
    show(received, reply, { terminal, elapsedMs: performance.now() - startedAtMs, asJson: options.json === true })
  } finally {
    clearTimeout(timer)
  }
}

function show(
  envelope: Envelope,
  reply: NonNullable<ReturnType<typeof topicDefinition>['reply']>,
  { terminal, elapsedMs, asJson }: { terminal: Terminal; elapsedMs: number; asJson: boolean },
): void {
  if (envelope.metadata.status === 'error') {
    if (asJson) terminal.result(JSON.stringify(envelope))
    const { code, message, component } = errorNotification.parse(envelope.payload)
    throw new CommandError('failed', code, `${message} (${component})`)
  }
  const payload = reply.payload.parse(envelope.payload)
  terminal.result(asJson ? JSON.stringify(envelope) : pretty(payload))
  terminal.note(terminal.colors.dim(`answered in ${elapsedMs.toFixed(0)} ms on ${envelope.topic}`))
}
