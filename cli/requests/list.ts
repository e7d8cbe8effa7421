import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type Command, Option } from 'commander'
import { deploymentNames } from '#contract/index.ts'
import { ageText, tableLines } from '../table.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { wholeNumber } from '../whole-number.ts'
import { createRequestRecords, type RequestRow } from './request-records.ts'

const STATES = ['pending', 'running', 'completed', 'failed', 'expired']

const EXAMPLES = `
Reads the table of the correlations from wherever it begins, newest of what was read first; a request is known for a day after its end.
A busy table has more than --scan records: the note at the end says so.

Examples:
  npx bridge requests list
  npx bridge requests list --status pending --client jamey-instance-1
  npx bridge requests list --json --aws --stage prod | jq 'select(.attempts > 1)'`

interface ListOptions extends TargetOptions {
  client?: string

  status?: string
  limit: string
  scan: string
  json?: boolean
}

/** `bridge requests list`: what is under way and what came of the rest, in both directions. */
export function listCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('list')
    .description('list requests of devices and to devices: state, age, attempts, who')
    .option('--client <id>', 'of this client alone')
    .addOption(new Option('--status <state>', 'in this state alone').choices(STATES))
    .option('--limit <number>', 'how many to show', '50')
    .option('--scan <number>', 'how many records to look at, at most', '10000')
    .option('--json', 'one line of JSON a request')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (options: ListOptions) => {
      const target = openTarget(options)
      const limit = wholeNumber('--limit', 1, 10_000)(options.limit)
      const maxScanned = wholeNumber('--scan', 1, 10_000_000)(options.scan)
      const records = createRequestRecords(
        new DynamoDBClient(target.aws),
        deploymentNames(target.stage).correlationTable,
      )
      const keep = ({ client_id, state }: RequestRow) =>
        (options.client === undefined || client_id === options.client) &&
        (options.status === undefined || state === options.status)
      const { rows, scanned, isWhole } = await records.list({ maxScanned, keep })
      const shown = rows.slice(0, limit)
      for (const line of options.json ? shown.map((row) => JSON.stringify(row)) : table(shown, terminal)) {
        terminal.result(line)
      }
      if (shown.length < rows.length) terminal.note(`${rows.length - shown.length} more; --limit shows them`)
      if (!isWhole) terminal.note(`looked at ${scanned} records of more; --scan looks further`)
    })
}

function table(rows: readonly RequestRow[], terminal: Terminal): string[] {
  const cells = rows.map(({ id, direction, state, age_seconds, attempts, asked_by }) => [
    id,
    direction,
    state,
    ageText(age_seconds),
    String(attempts),
    asked_by,
  ])
  return tableLines(['request', 'direction', 'state', 'age', 'attempts', 'asked by'], cells, terminal)
}
