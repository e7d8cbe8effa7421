import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { listCommand } from './list.ts'
import { showCommand } from './show.ts'

const NOTES = `
With --aws the caller needs states:ListStateMachines, lambda:ListDurableExecutionsByFunction, lambda:GetDurableExecution and
lambda:GetDurableExecutionHistory; for workflows that are state machines states:ListExecutions, states:DescribeExecution and
states:GetExecutionHistory.`

/** `bridge workflow …`: where the executions of workflows stand, on AWS and on this machine. */
export function workflowCommand(program: Command, terminal: Terminal): void {
  const workflow = program
    .command('workflow')
    .description('list the executions of workflows, and show where one stands, step by step')
    .addHelpText('after', NOTES)
  listCommand(workflow, terminal)
  showCommand(workflow, terminal)
}
