import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Command } from 'commander'
import { deploymentNames } from '#contract/index.ts'
import { CommandError } from '../command-error.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import { pretty, type Terminal } from '../terminal.ts'
import { createRequestRecords } from './request-records.ts'

const EXAMPLES = `
The payload and the answer are not shown: they are who asked's.

Examples:
  npx bridge requests show jamey-instance-1~0a6f3c1e-9a57-4e0f-8f39-6a1f0a1b2c3d
  npx bridge requests show 'jamey-instance-1#0a6f3c1e-9a57-4e0f-8f39-6a1f0a1b2c3d' --json`

/** `bridge requests show ID`: where one request stands. */
export function showCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('show <id>')
    .description('show where one request stands; the id is that of the list')
    .option('--json', 'on one line')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (id: string, { json, ...options }: TargetOptions & { json?: boolean }) => {
      const target = openTarget(options)
      const { correlationTable } = deploymentNames(target.stage)
      const row = await createRequestRecords(new DynamoDBClient(target.aws), correlationTable).find(id)
      if (!row) throw new CommandError('failed', 'request_not_found', `no request is known as "${id}"`)
      terminal.result(json ? JSON.stringify(row) : pretty(row))
    })
}
