import type { Command } from 'commander'
import { ageText, tableLines } from '../table.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { wholeNumber } from '../whole-number.ts'
import { type DeadLetters, type HeldLetter, openDeadLetters } from './dead-letters.ts'
import type { Letter } from './letter.ts'
import { OUTLOOK_TEXTS } from './outlook.ts'

const EXAMPLES = `
Nothing is consumed: messages are out of sight for others while they are read, at most 30 seconds, and then back.

kind       event: of a function; record: an outcome that could not be published; ruleError: what a topic rule could give to no
           function; message: of a queue; busEvent: of an EventBridge rule
redriven   what "bridge dlq redrive" would do with it now

Payloads and error texts, which may quote them, are content of users: they are shown with --payload alone.

Examples:
  npx bridge dlq show
  npx bridge dlq show conscience --payload
  npx bridge dlq show ruleErrors --json | jq -r .code | sort | uniq -c`

const HIDDEN_SECONDS = 30
const DEFAULT_LIMIT = 100
/** Enough of an id to tell messages apart; the commands take it. */
const SHORT_ID = 8

interface ShowOptions extends TargetOptions {
  limit: number
  payload?: boolean
  json?: boolean
}

/** `bridge dlq show [QUEUE]`: what waits, without consuming it. */
export function showCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('show [queue]')
    .description('show the messages of one dead-letter queue, or of all, without consuming them')
    .option('--limit <count>', 'messages of each queue at most', wholeNumber('--limit', 1, 10_000), DEFAULT_LIMIT)
    .option('--payload', 'show payloads and error texts too')
    .option('--json', 'one line of JSON a message')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (label: string | undefined, { limit, payload = false, json, ...options }: ShowOptions) => {
      const deadLetters = openDeadLetters(openTarget(options))
      const found = await lettersOf(deadLetters, label, limit)
      if (json) {
        for (const { queue, letter } of found) terminal.result(JSON.stringify(letterFacts(queue, letter, payload)))
        return
      }
      for (const line of textLines(found, payload, terminal)) terminal.result(line)
      if (found.length === 0) terminal.note('no messages wait')
    })
}

async function lettersOf(deadLetters: DeadLetters, label: string | undefined, limit: number) {
  const found: { queue: string; letter: HeldLetter }[] = []
  for (const queue of await deadLetters.queues(label)) {
    const letters = await deadLetters.hold(queue, { limit, hiddenSeconds: HIDDEN_SECONDS })
    await deadLetters.letGo(queue, letters)
    found.push(...letters.map((letter) => ({ queue: queue.label, letter })))
  }
  return found
}

/** A letter as JSON tells it. */
export function letterFacts(queue: string, letter: Letter, withPayload: boolean) {
  const { origin } = letter
  return {
    queue,
    message_id: letter.messageId,
    kind: letter.kind,
    sent_at: new Date(letter.sentAtMs).toISOString(),
    code: letter.code ?? null,
    client_id: letter.clientId ?? null,
    topic: letter.topic ?? null,
    request_id: letter.requestId ?? null,
    redrive_to: originName(letter),
    redriven: letter.outlook,
    ...(origin.to === 'nowhere' && { reason: origin.reason }),
    ...(withPayload && { payload: letter.payload, error_text: letter.errorText ?? null }),
  }
}

function originName({ origin }: Letter): string | null {
  if (origin.to === 'function') return origin.name
  return origin.to === 'queue' ? (origin.arn.split(':').at(-1) ?? null) : null
}

function textLines(found: Awaited<ReturnType<typeof lettersOf>>, withPayload: boolean, terminal: Terminal): string[] {
  const rows = found.map(({ queue, letter }) => [
    queue,
    terminal.isPerson ? letter.messageId.slice(0, SHORT_ID) : letter.messageId,
    letter.kind,
    ageText((Date.now() - letter.sentAtMs) / 1_000),
    letter.code ?? '-',
    letter.clientId ?? '-',
    letter.topic ?? '-',
    OUTLOOK_TEXTS[letter.outlook],
  ])
  if (rows.length === 0) return []
  const heads = ['queue', 'message', 'kind', 'age', 'code', 'client', 'topic', 'redriven']
  const lines = tableLines(heads, rows, terminal)
  if (!withPayload) return lines
  const offset = lines.length - rows.length
  return lines.flatMap((line, index) => {
    const letter = found[index - offset]?.letter
    if (!letter) return [line]
    const error = letter.errorText === undefined ? [] : [`  ${terminal.colors.red(letter.errorText)}`]
    return [line, ...error, `  ${terminal.colors.dim(letter.payload)}`]
  })
}
