import type { Command } from 'commander'
import type { DeviceRecord } from '#contract/index.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { endLateConnection } from './connections.ts'
import { type DeviceRegistry, openDeviceRegistry } from './device-registry.ts'
import { nextSecond } from './seconds.ts'

const EXAMPLES = `
From the moment it prints "revoked" the device cannot connect, and its connection has ended. A connect that was under way in that moment is
ended ten seconds later, which the command waits for; interrupting it then undoes nothing.

Keys, tokens and certificates that the device has stay worthless also when it is restored.

Examples:
  npx bridge device revoke sensor-7
  npx bridge device revoke sensor-7 --no-wait`

/** `bridge device revoke NAME`: the record first, then certificates and the live connection. */
export function revokeCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('revoke <name>')
    .description('shut a device out, now')
    .option('--no-wait', 'leave out the second look for a connection, ten seconds later')
    .option('--json', 'one line of JSON')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, { wait, json, ...options }: TargetOptions & { wait: boolean; json?: boolean }) => {
      const registry = openDeviceRegistry(openTarget(options))
      const record = await shutOut(registry, name)
      const [{ deactivated, failures }, ended] = await Promise.all([
        deactivateAll(registry, name),
        settle(registry.connections.end(name)),
      ])
      if (!json) show({ name, deactivated, wasConnected: ended.value }, terminal)
      // whatever failed so far: this is the look that a connect under way does not escape
      const late = wait ? await settle(endLateConnection(registry.connections, name, terminal)) : {}
      if (json) terminal.result(JSON.stringify({ ...record, deactivated, wasConnected: ended.value ?? null }))
      for (const error of [...failures, ended.error, late.error]) if (error !== undefined) throw error
    })
}

/** One conditional write, after which the authorizer refuses. Revoked again, nothing is written. */
async function shutOut({ records }: DeviceRegistry, name: string): Promise<DeviceRecord> {
  const before = await records.get(name)
  if (before.status === 'revoked') return before
  const revoked: DeviceRecord = {
    ...before,
    status: 'revoked',
    key_version: before.key_version + 1,
    not_before_seconds: nextSecond(),
  }
  await records.replace(before, revoked)
  return revoked
}

/** Tries every certificate, whatever becomes of the others. */
async function deactivateAll({ things, certificates }: DeviceRegistry, name: string) {
  const found = await settle(things.find(name).then((thing) => (thing ? certificates.of(name) : [])))
  const active = (found.value ?? []).filter(({ status }) => status === 'ACTIVE')
  const outcomes = await Promise.all(
    active.map(async ({ certificateId: id }) => ({ id, ...(await settle(certificates.deactivate(id))) })),
  )
  return {
    deactivated: outcomes.filter(({ error }) => error === undefined).map(({ id }) => id),
    failures: [found.error, ...outcomes.map(({ error }) => error)].filter((error) => error !== undefined),
  }
}

async function settle<Value>(work: Promise<Value>): Promise<{ value?: Value; error?: Error }> {
  return work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: error instanceof Error ? error : new Error(String(error)) }),
  )
}

function show(
  { name, deactivated, wasConnected }: { name: string; deactivated: string[]; wasConnected: boolean | undefined },
  { colors, result }: Terminal,
): void {
  const connection = wasConnected === undefined ? 'may be open' : wasConnected ? 'has ended' : 'was not open'
  result(`${colors.red('revoked')} ${name}; its connection ${connection}`)
  for (const certificateId of deactivated) result(`  ${colors.dim('deactivated')} certificate ${certificateId}`)
}
