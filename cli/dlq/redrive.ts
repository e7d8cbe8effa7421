import type { Command } from 'commander'
import { CommandError, errorCode } from '../command-error.ts'
import { createProgress } from '../progress.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { type DeadLetterQueue, type DeadLetters, type HeldLetter, openDeadLetters } from './dead-letters.ts'
import { OUTLOOK_TEXTS, type Outlook } from './outlook.ts'
import { letterFacts } from './show.ts'

const EXAMPLES = `
A message goes back to where it came from, and is deleted once it was taken there: an event or record to its function, as an asynchronous
invocation; a rule's error to the function of the rule; a message to its queue. Whatever is interrupted is back in the queue within
five minutes. An event may so run twice, which changes nothing: a request is known by its id.

A request past its deadline is never answered again, however often it is sent back: its function drops it with a line in its log.
Events, which nobody waits for, are handled whatever their age. What will become of each is said before anything is sent.

Examples:
  npx bridge dlq redrive events --all
  npx bridge dlq redrive api 3f0c2a91 7be1d402
  npx bridge dlq redrive --all --dry-run`

/** As long as a chunk takes at most, and as long as an interrupted one stays out of sight. */
const HIDDEN_SECONDS = 300
const CHUNK = 500
const AT_ONCE = 10
const MIN_ID_CHARACTERS = 6

interface RedriveOptions extends TargetOptions {
  all?: boolean
  dryRun?: boolean
  json?: boolean
}

interface Counts {
  redriven: number
  failed: number
  /** Cannot be sent back. */
  kept: number
}

/** `bridge dlq redrive [QUEUE] [MESSAGE…]`: sends messages back to where they came from. */
export function redriveCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('redrive [queue] [messages...]')
    .description('send messages back to where they came from: some, by their ids or beginnings of them, or all')
    .option('--all', 'all messages of the queue; without a queue, of every queue')
    .option('--dry-run', 'say what would become of each, and send nothing')
    .option('--json', 'one line of JSON a message')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (label: string | undefined, ids: string[], options: RedriveOptions) => {
      checkWords(label, ids, options)
      const deadLetters = openDeadLetters(openTarget(options))
      const counts: Counts = { redriven: 0, failed: 0, kept: 0 }
      for (const queue of await deadLetters.queues(label)) {
        const missing = await redriveQueue(deadLetters, queue, new Set(ids), { ...options, counts, terminal })
        if (missing.length > 0) {
          const text = `${queue.label} has no message ${missing.join(', ')} in sight`
          throw new CommandError('failed', 'message_unknown', text)
        }
      }
      const { redriven, failed, kept } = counts
      terminal.note(`${redriven} ${options.dryRun ? 'would be redriven' : 'redriven'}, ${failed} failed, ${kept} kept`)
      if (failed > 0) throw new CommandError('failed', 'redrive_failed', `${failed} messages are still in their queue`)
    })
}

function checkWords(label: string | undefined, ids: readonly string[], { all }: RedriveOptions): void {
  if (!all && ids.length === 0) {
    throw new CommandError('usage', 'message_missing', 'expected a queue with ids of its messages, or --all')
  }
  if (all && ids.length > 0) throw new CommandError('usage', 'invalid_option', 'expected ids or --all, got both')
  const short = ids.find((id) => id.length < MIN_ID_CHARACTERS)
  if (short !== undefined) {
    const text = `expected at least ${MIN_ID_CHARACTERS} characters of a message id, got ${short}`
    throw new CommandError('usage', 'message_id_short', `${text} (queue ${label})`)
  }
}

/** Gives those of the wanted ids that were not found. With none wanted, all that were there at the beginning are sent. */
export async function redriveQueue(
  deadLetters: DeadLetters,
  queue: DeadLetterQueue,
  wanted: ReadonlySet<string>,
  run: RedriveOptions & { counts: Counts; terminal: Terminal },
): Promise<string[]> {
  const startedAtMs = Date.now()
  const missing = new Set(wanted)
  const aside: HeldLetter[] = []
  const seen = new Set<string>()
  try {
    for (;;) {
      const held = await deadLetters.hold(queue, { limit: CHUNK, hiddenSeconds: HIDDEN_SECONDS })
      const fresh = held.filter(({ messageId }) => !seen.has(messageId))
      for (const { messageId } of fresh) seen.add(messageId)
      // what failed anew since it was sent back is for another time
      const chosen = fresh.filter(({ messageId, sentAtMs }) => {
        const ids = [...wanted].filter((id) => messageId.startsWith(id))
        for (const id of ids) missing.delete(id)
        return wanted.size === 0 ? sentAtMs <= startedAtMs : ids.length > 0
      })
      const sent = await redriveChunk(deadLetters, queue, chosen, run)
      aside.push(...held.filter((letter) => !sent.has(letter)))
      if (fresh.length < CHUNK || (wanted.size > 0 && missing.size === 0)) return [...missing]
    }
  } finally {
    await deadLetters.letGo(queue, aside)
  }
}

/** Gives those that are gone. */
async function redriveChunk(
  deadLetters: DeadLetters,
  queue: DeadLetterQueue,
  letters: readonly HeldLetter[],
  { dryRun = false, json, counts, terminal }: RedriveOptions & { counts: Counts; terminal: Terminal },
): Promise<Set<HeldLetter>> {
  const gone = new Set<HeldLetter>()
  if (letters.length === 0) return gone
  terminal.note(`${queue.label}: ${forecast(letters)}`)
  const sendable = letters.filter(({ outlook }) => outlook !== 'stays')
  const tell = (letter: HeldLetter, result: Record<string, unknown>) => {
    if (json) terminal.result(JSON.stringify({ ...letterFacts(queue.label, letter, false), ...result }))
  }
  counts.kept += letters.length - sendable.length
  for (const letter of letters) if (dryRun || letter.outlook === 'stays') tell(letter, { result: 'kept' })
  if (dryRun) {
    counts.redriven += sendable.length
    return gone
  }
  const progress = createProgress(terminal)
  progress.step(`${queue.label}: 0 of ${sendable.length} sent back`)
  for (let index = 0; index < sendable.length; index += AT_ONCE) {
    await Promise.all(
      sendable.slice(index, index + AT_ONCE).map(async (letter) => {
        try {
          await deadLetters.redrive(queue, letter)
          gone.add(letter)
          counts.redriven += 1
          tell(letter, { result: 'redriven' })
        } catch (error) {
          counts.failed += 1
          const reason = error instanceof Error ? error.message : String(error)
          tell(letter, { result: 'failed', error: errorCode(error) })
          terminal.note(`${terminal.colors.red(errorCode(error))}: ${letter.messageId}: ${reason}`)
        }
      }),
    )
    progress.update(`${queue.label}: ${gone.size} of ${sendable.length} sent back`)
  }
  progress.done()
  return gone
}

/** What will become of them, said before it does: `3 runs, 2 past its deadline: never answered`. */
function forecast(letters: readonly HeldLetter[]): string {
  const numbers = new Map<Outlook, number>()
  for (const { outlook } of letters) numbers.set(outlook, (numbers.get(outlook) ?? 0) + 1)
  return [...numbers].map(([outlook, count]) => `${count} ${OUTLOOK_TEXTS[outlook]}`).join(', ')
}
