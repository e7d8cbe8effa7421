import type { Command } from 'commander'
import { CommandError } from './command-error.ts'
import { openSession } from './mqtt-session.ts'
import { openTarget, type TargetOptions, withTargetOptions } from './target.ts'
import { pretty, type Terminal } from './terminal.ts'

const EXAMPLES = `
Examples:
  npx bridge subscribe 'jamey/#'
  npx bridge subscribe jamey/conscience/results --count 1 --json`

interface SubscribeOptions extends TargetOptions {
  clientId: string
  permissions?: string[]
  count?: string
  json?: boolean
}

/** `bridge subscribe FILTER`: prints messages until interrupted. */
export function subscribeCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('subscribe <filter>')
    .description('print the messages of a topic filter, written with its root, until interrupted')
    .option('--client-id <id>', 'registered device to listen as', 'cli-subscribe')
    .option('--permissions <patterns...>', 'permissions of the token (default: all of the role)')
    .option('--count <n>', 'end after so many messages')
    .option('--json', 'one line of JSON a message')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((filter: string, options: SubscribeOptions) => subscribe(filter, options, terminal))
}

async function subscribe(filter: string, options: SubscribeOptions, terminal: Terminal): Promise<void> {
  const count = options.count === undefined ? Number.POSITIVE_INFINITY : Number(options.count)
  if (!(count >= 1))
    throw new CommandError('usage', 'invalid_option', `--count: expected a number, got ${options.count}`)
  const target = openTarget(options)
  await using session = await openSession(target, options)
  const ended = Promise.withResolvers<void>()
  process.once('SIGINT', () => ended.resolve())
  let seen = 0
  await session.subscribe(filter, (topic, payload) => {
    seen += 1
    if (seen > count) return
    terminal.result(
      options.json ? JSON.stringify({ topic, payload: readable(payload) }) : shown(topic, payload, terminal),
    )
    if (seen === count) ended.resolve()
  })
  terminal.note(terminal.colors.dim(`listening to ${filter} as ${options.clientId}`))
  await Promise.race([ended.promise, session.lost])
}

function shown(topic: string, payload: Buffer, { colors }: Terminal): string {
  const value = readable(payload)
  return `${colors.cyan(topic)} ${typeof value === 'string' ? value : pretty(value)}`
}

function readable(payload: Buffer): unknown {
  const text = payload.toString('utf8')
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
