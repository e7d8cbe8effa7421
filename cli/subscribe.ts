import type { Command } from 'commander'
import { DEFAULT_ROOT, topicName } from '#contract/index.ts'
import type { BridgeState, Message } from '#device/index.ts'
import { CommandError } from './command-error.ts'
import { commandErrorOf, connectDevice } from './device-connection.ts'
import { openTarget, type TargetOptions, withTargetOptions } from './target.ts'
import { pretty, type Terminal } from './terminal.ts'
import { textContract } from './text-contract.ts'

const EXAMPLES = `
Examples:
  npx bridge subscribe '${DEFAULT_ROOT}/#'
  npx bridge subscribe ${topicName(DEFAULT_ROOT, 'conscience/results', {})} --count 1 --json`

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
  const { pattern, group } = readFilter(filter)
  const isWildcard = /[+#]/.test(pattern)
  const contract = textContract(target.root, isWildcard ? [] : [pattern])
  await using connection = await connectDevice(contract, target, options)
  const { bridge, lost } = connection
  const ended = Promise.withResolvers<void>()
  process.once('SIGINT', () => ended.resolve())
  let seen = 0
  const show = (delivered: unknown, { topic }: Message) => {
    seen += 1
    if (seen > count) return
    // what comes by a wildcard says which topic of the contract it is
    const text = isWildcard ? (delivered as { payload: string }).payload : String(delivered)
    terminal.result(options.json ? JSON.stringify({ topic, payload: readable(text) }) : shown(topic, text, terminal))
    if (seen === count) ended.resolve()
  }
  const listening = bridge.on(pattern, show, { absolute: true, sharedGroup: group })
  await Promise.race([listening, lost]).catch((error: unknown) => {
    throw commandErrorOf(error)
  })
  terminal.note(terminal.colors.dim(`listening to ${filter} as ${options.clientId}`))
  bridge.onState((state) => terminal.note(terminal.colors.dim(stateText(state))))
  bridge.onEvent('subscriptionLost', ({ error }) => ended.reject(commandErrorOf(error)))
  await Promise.race([ended.promise, lost])
}

function readFilter(text: string): { pattern: string; group: string | undefined } {
  const [, group, pattern = text] = /^\$share\/([^/]+)\/(.+)$/.exec(text) ?? []
  return { pattern, group }
}

function stateText(state: BridgeState): string {
  if (state.status !== 'reconnecting') return state.status
  const { reason, delayMs } = state
  return reason.code === 'token_renewal'
    ? 'renewing the token'
    : `${reason.message}; again in ${Math.round(delayMs)} ms`
}

function shown(topic: string, text: string, { colors }: Terminal): string {
  const value = readable(text)
  return `${colors.cyan(topic)} ${typeof value === 'string' ? value : pretty(value)}`
}

function readable(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
