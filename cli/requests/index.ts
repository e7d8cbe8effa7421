import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { listCommand } from './list.ts'
import { showCommand } from './show.ts'

const NOTES = `
With --aws the caller needs dynamodb:Scan and dynamodb:GetItem on the table of the correlations.`

/** `bridge requests …`: requests of devices and to devices, on AWS and on this machine. */
export function requestsCommand(program: Command, terminal: Terminal): void {
  const requests = program
    .command('requests')
    .description('look at requests: those of devices, and those that devices are asked')
    .addHelpText('after', NOTES)
  listCommand(requests, terminal)
  showCommand(requests, terminal)
}
