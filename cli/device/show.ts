import type { Command } from 'commander'
import type { PresenceRecord } from '#contract/index.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { openDeviceRegistry } from './device-registry.ts'

/** `bridge device show NAME`: record, thing and certificates of one device. */
export function showCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('show <name>')
    .description('show a device: its record, its thing, its certificates, whether it is connected')
    .option('--json', 'one line of JSON')
  withTargetOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  npx bridge device show sensor-7\n  npx bridge device show sensor-7 --json | jq .status',
    )
    .action(async (name: string, { json, ...options }: TargetOptions & { json?: boolean }) => {
      const { records, things, certificates, presence } = openDeviceRegistry(openTarget(options))
      const record = await records.get(name)
      const thing = await things.find(name)
      const device = {
        ...record,
        thing: thing ?? null,
        certificates: thing ? await certificates.of(name) : [],
        presence: (await presence.find(name)) ?? null,
      }
      if (json) terminal.result(JSON.stringify(device))
      else for (const line of lines(device, terminal)) terminal.result(line)
    })
}

function lines(
  device: Awaited<ReturnType<ReturnType<typeof openDeviceRegistry>['records']['get']>> & {
    thing: { attributes: Record<string, string>; groups: string[] } | null
    certificates: { certificateId: string; status: string }[]
    presence: PresenceRecord | null
  },
  { colors }: Terminal,
): string[] {
  const { thing, not_before_seconds: since } = device
  const attributes = Object.entries(thing?.attributes ?? {}).map(([name, value]) => `${name}=${value}`)
  const rows: [string, string | undefined][] = [
    ['device', device.client_id],
    ['status', device.status === 'active' ? colors.green(device.status) : colors.red(device.status)],
    ['presence', presenceText(device.presence)],
    ['role', device.role],
    ['organization', device.organization_id],
    ['device id', device.device_id],
    ['key version', String(device.key_version)],
    ['tokens from', since === 0 ? undefined : new Date(since * 1_000).toISOString()],
    ['attributes', attributes.join(' ') || undefined],
    ['groups', thing?.groups.join(' ') || undefined],
    ['thing', thing ? undefined : 'none'],
    ...device.certificates.map(({ certificateId, status }): [string, string] => [
      'certificate',
      `${certificateId} ${status}${device.certificate_ids.includes(certificateId) ? '' : ', no longer in use'}`,
    ]),
  ]
  return rows.flatMap(([name, value]) => (value === undefined ? [] : `${colors.dim(name.padEnd(12))} ${value}`))
}

/** What the broker said last, with the time; a disconnection that may still turn out a reconnect says so. */
function presenceText(record: PresenceRecord | null): string {
  if (!record) return 'never seen'
  const { state, announced, at_ms, disconnect_reason: reason, ip_address: address } = record
  const since = new Date(at_ms).toISOString()
  if (state === 'connected') return `connected since ${since}${address ? ` from ${address}` : ''}`
  const why = reason ? `, ${reason}` : ''
  return announced === 'disconnected' ? `disconnected since ${since}${why}` : `gone since ${since}${why}, may be back`
}
