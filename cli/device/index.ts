import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { addCommand } from './add.ts'
import { certificateCommand } from './certificate.ts'
import { keyCommand } from './key.ts'
import { listCommand } from './list.ts'
import { requestCommand } from './request.ts'
import { restoreCommand } from './restore.ts'
import { revokeCommand } from './revoke.ts'
import { showCommand } from './show.ts'

/** `bridge device …`: who may connect, on AWS and on this machine. */
export function deviceCommand(program: Command, terminal: Terminal, projectFolder: string): void {
  const device = program
    .command('device')
    .description('register, list, revoke and restore devices; print their keys; ask them')
  addCommand(device, terminal, projectFolder)
  listCommand(device, terminal)
  showCommand(device, terminal)
  revokeCommand(device, terminal)
  restoreCommand(device, terminal, projectFolder)
  keyCommand(device, terminal)
  certificateCommand(device, terminal, projectFolder)
  requestCommand(device, terminal)
}
