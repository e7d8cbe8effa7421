import { type Command, Option } from 'commander'
import { type DeviceRecord, deviceRecordSchema } from '#contract/index.ts'
import { tableLines } from '../table.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { openDeviceRegistry } from './device-registry.ts'

const EXAMPLES = `
Reads the whole device table.

Examples:
  npx bridge device list
  npx bridge device list --status revoked
  npx bridge device list --json | jq -r .client_id`

interface ListOptions extends TargetOptions {
  role?: string
  status?: string
  json?: boolean
}

/** `bridge device list`: the device table. */
export function listCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('list')
    .description('list the registered devices')
    .option('--role <role>', 'those of one role')
    .addOption(new Option('--status <status>', 'those of one status').choices(deviceRecordSchema.shape.status.options))
    .option('--json', 'one line of JSON a device')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async ({ role, status, json, ...options }: ListOptions) => {
      const records = (await openDeviceRegistry(openTarget(options)).records.list())
        .filter((record) => role === undefined || record.role === role)
        .filter((record) => status === undefined || record.status === status)
      for (const line of json ? records.map((record) => JSON.stringify(record)) : table(records, terminal)) {
        terminal.result(line)
      }
    })
}

function table(records: readonly DeviceRecord[], terminal: Terminal): string[] {
  const rows = records.map(({ client_id, role, status, organization_id, device_id }) => [
    client_id,
    role,
    status,
    organization_id ?? '-',
    device_id ?? '-',
  ])
  return tableLines(
    ['device', 'role', 'status', 'organization', 'device id'],
    rows,
    terminal,
    (row) => row[2] !== 'active',
  )
}
