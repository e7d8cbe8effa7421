import type { Command } from 'commander'
import { ageText, tableLines } from '../table.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { type DeadLetterQueue, type DeadLetters, openDeadLetters } from './dead-letters.ts'

const EXAMPLES = `
Depths are what SQS estimates. The age of the oldest comes from looking at up to 100 messages, which are out of sight for that
moment; of a longer queue it is a lower bound, marked with a plus.

Examples:
  npx bridge dlq list
  npx bridge dlq list --json --aws --stage prod | jq 'select(.waiting > 0)'`

const LOOKED_AT = 100
const HIDDEN_SECONDS = 20

/** `bridge dlq list`: depth and age of every dead-letter queue. */
export function listCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('list')
    .description('list the dead-letter queues: how many messages wait, and since when')
    .option('--json', 'one line of JSON a queue')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async ({ json, ...options }: TargetOptions & { json?: boolean }) => {
      const deadLetters = openDeadLetters(openTarget(options))
      const rows = await Promise.all((await deadLetters.queues()).map((queue) => summary(deadLetters, queue)))
      for (const line of json ? rows.map((row) => JSON.stringify(row)) : table(rows, terminal)) terminal.result(line)
    })
}

async function summary(deadLetters: DeadLetters, queue: DeadLetterQueue) {
  const { label, depth } = queue
  const letters =
    depth.waiting === 0 ? [] : await deadLetters.hold(queue, { limit: LOOKED_AT, hiddenSeconds: HIDDEN_SECONDS })
  await deadLetters.letGo(queue, letters)
  const [oldest] = letters
  return {
    queue: label,
    waiting: Math.max(depth.waiting, letters.length),
    in_flight: depth.inFlight,
    oldest_age_seconds: oldest ? Math.max(0, Math.round((Date.now() - oldest.sentAtMs) / 1_000)) : null,
    oldest_is_exact: letters.length < LOOKED_AT,
  }
}

function table(rows: readonly Awaited<ReturnType<typeof summary>>[], terminal: Terminal): string[] {
  const cells = rows.map(({ queue, waiting, in_flight, oldest_age_seconds: age, oldest_is_exact }) => [
    queue,
    String(waiting),
    String(in_flight),
    age === null ? '-' : `${ageText(age)}${oldest_is_exact ? '' : ' +'}`,
  ])
  return tableLines(['queue', 'waiting', 'in flight', 'oldest'], cells, terminal)
}
