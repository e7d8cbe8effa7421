import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { getCommand } from './get.ts'
import { historyCommand } from './history.ts'
import { resetCommand, setCommand } from './set.ts'

/** `bridge rules …`: what the conscience judges by, changed while it runs. */
export function rulesCommand(program: Command, terminal: Terminal, projectFolder: string): void {
  const rules = program
    .command('rules')
    .description('look at and change the rules of the conscience, without a deployment')
  getCommand(rules, terminal, projectFolder)
  setCommand(rules, terminal)
  resetCommand(rules, terminal)
  historyCommand(rules, terminal)
}
