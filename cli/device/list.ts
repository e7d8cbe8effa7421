import { type Command, Option } from 'commander'
import { type DeviceRecord, deviceRecordSchema, type PresenceRecord, presenceRecordSchema } from '#contract/index.ts'
import { tableLines } from '../table.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { openDeviceRegistry } from './device-registry.ts'

const EXAMPLES = `
Reads the whole device table, and who is connected. A device that has just gone counts as connected for half a minute: most are back by then.

Examples:
  npx bridge device list
  npx bridge device list --status revoked
  npx bridge device list --presence disconnected
  npx bridge device list --json | jq -r .client_id`

const STATES = presenceRecordSchema.shape.announced.options

interface ListOptions extends TargetOptions {
  role?: string
  status?: string
  presence?: string
  json?: boolean
}

/** `bridge device list`: the device table. */
export function listCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('list')
    .description('list the registered devices')
    .option('--role <role>', 'those of one role')
    .addOption(new Option('--status <status>', 'those of one status').choices(deviceRecordSchema.shape.status.options))
    .addOption(new Option('--presence <state>', 'those that are connected, or are not').choices(STATES))
    .option('--json', 'one line of JSON a device')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async ({ role, status, presence: wanted, json, ...options }: ListOptions) => {
      const registry = openDeviceRegistry(openTarget(options))
      const [records, presence] = await Promise.all([registry.records.list(), registry.presence.all()])
      const devices = records
        .map((record) => ({ ...record, presence: presence.get(record.client_id)?.announced ?? null }))
        .filter((device) => role === undefined || device.role === role)
        .filter((device) => status === undefined || device.status === status)
        .filter((device) => wanted === undefined || device.presence === wanted)
      for (const line of json ? devices.map((device) => JSON.stringify(device)) : table(devices, terminal)) {
        terminal.result(line)
      }
    })
}

type ListedDevice = DeviceRecord & { presence: PresenceRecord['announced'] | null }

function table(devices: readonly ListedDevice[], terminal: Terminal): string[] {
  const rows = devices.map(({ client_id, role, status, presence, organization_id, device_id }) => [
    client_id,
    role,
    status,
    presence ?? '-',
    organization_id ?? '-',
    device_id ?? '-',
  ])
  const heads = ['device', 'role', 'status', 'presence', 'organization', 'device id']
  return tableLines(heads, rows, terminal, (row) => row[2] !== 'active')
}
