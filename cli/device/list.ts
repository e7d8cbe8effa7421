import { type Command, Option } from 'commander'
import { type DeviceRecord, deviceRecordSchema } from '#contract/index.ts'
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

function table(records: readonly DeviceRecord[], { colors, isPerson }: Terminal): string[] {
  const rows = records.map(({ client_id, role, status, organization_id, device_id }) => [
    client_id,
    role,
    status,
    organization_id ?? '-',
    device_id ?? '-',
  ])
  const heads = ['device', 'role', 'status', 'organization', 'device id']
  const widths = heads.map((head, index) => Math.max(head.length, ...rows.map((row) => row[index]?.length ?? 0)))
  const line = (cells: readonly string[]) => cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')
  const lines = rows.map((row) => (row[2] === 'active' ? line(row) : colors.dim(line(row))).trimEnd())
  return isPerson ? [colors.bold(line(heads).trimEnd()), ...lines] : lines
}
