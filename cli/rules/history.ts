import type { Command } from 'commander'
import { tableLines } from '../table.ts'
import { type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { wholeNumber } from '../whole-number.ts'
import { openRuleSets } from './open-rule-sets.ts'

/** `bridge rules history`: what was set, and when. */
export function historyCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('history')
    .description('list the versions of the rules, newest first; the first is in force')
    .option('--limit <number>', 'how many to show', '20')
    .option('--json', 'one line of JSON a version')
  withTargetOptions(command)
    .addHelpText('after', '\nExamples:\n  npx bridge rules history\n  npx bridge rules history --json | jq .version')
    .action(async ({ limit, json, ...options }: TargetOptions & { limit: string; json?: boolean }) => {
      const records = await openRuleSets(options).newest(wholeNumber('--limit', 1, 1_000)(limit))
      const rows = records.map(({ version, set_at_ms: setAtMs, rules_json: text, note }) => ({
        version,
        set_at: new Date(setAtMs).toISOString(),
        rules: text === null ? null : (JSON.parse(text) as unknown[]).length,
        note,
      }))
      if (json) for (const row of rows) terminal.result(JSON.stringify(row))
      else for (const line of table(rows, terminal)) terminal.result(line)
      if (rows.length === 0) terminal.note('no rules were set; those of the deployment are in force')
    })
}

function table(
  rows: readonly { version: number; set_at: string; rules: number | null; note: string | null }[],
  terminal: Terminal,
): string[] {
  const cells = rows.map(({ version, set_at: setAt, rules, note }) => [
    String(version),
    setAt,
    rules === null ? 'of the deployment' : String(rules),
    note ?? '',
  ])
  return tableLines(['version', 'set at', 'rules', 'note'], cells, terminal)
}
