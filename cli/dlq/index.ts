import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { listCommand } from './list.ts'
import { redriveCommand } from './redrive.ts'
import { showCommand } from './show.ts'

const NOTES = `
With --aws the caller needs sqs:ListQueues, and on the queues sqs:GetQueueAttributes, sqs:ReceiveMessage and
sqs:ChangeMessageVisibility; to redrive also sqs:DeleteMessage and, where they came from, lambda:InvokeFunction or sqs:SendMessage.`

/** `bridge dlq …`: what could not be handled, on AWS and on this machine. */
export function dlqCommand(program: Command, terminal: Terminal): void {
  const dlq = program
    .command('dlq')
    .description('look into the dead-letter queues and send messages back to where they came from')
    .addHelpText('after', NOTES)
  listCommand(dlq, terminal)
  showCommand(dlq, terminal)
  redriveCommand(dlq, terminal)
}
