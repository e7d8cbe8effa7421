import type { Command } from 'commander'
import type { DeviceRecord } from '#contract/index.ts'
import { clientKeyText, deviceKeyText } from '#keys/index.ts'
import { CommandError } from '../command-error.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { endLateConnection } from './connections.ts'
import { type DeviceRegistry, openDeviceRegistry } from './device-registry.ts'
import { nextSecond, untilSecond } from './seconds.ts'

const EXAMPLES = `
The key signs tokens for this device and no other. On the device it is the value of MQTT_JWT_SECRET. It is worked out from the deployment's
master secret, so it can be printed again. --renew makes the old one worthless at once, and with it every token that the device has, whoever
issued it; its connection ends. One that was under way in that moment is ended ten seconds later, which the command waits for.

A device that must hold no key that signs is given its client key, and shows it to the token service (POST …/device-tokens, header
"authorization: Bearer <client key>"). It is renewed with the other one.

Examples:
  npx bridge device key sensor-7
  npx bridge device key sensor-7 --client
  MQTT_JWT_SECRET=$(npx bridge device key sensor-7 --renew --no-wait)`

interface KeyOptions extends TargetOptions {
  renew?: boolean
  wait: boolean
  client?: boolean
  json?: boolean
}

/** `bridge device key NAME`: the secret with which a device signs its own tokens. */
export function keyCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('key <name>')
    .description('print the key with which a device signs its own tokens')
    .option('--renew', 'make the key and the tokens it has worthless first, and end its connection')
    .option('--no-wait', 'with --renew: leave out the second look for a connection, ten seconds later')
    .option('--client', 'print the client key instead: it signs nothing, and gets tokens from the token service')
    .option('--json', 'one line of JSON')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, { renew, wait, client, json, ...options }: KeyOptions) => {
      const target = openTarget(options)
      const registry = openDeviceRegistry(target)
      const before = await registry.records.get(name)
      if (before.status !== 'active') {
        throw new CommandError('failed', 'device_inactive', `"${name}" is ${before.status}; its key would open nothing`)
      }
      // read first: without it a renewal would leave the device without any key
      const { secret } = await target.deviceMaster()
      const { record, ended } = renew ? await renewed(registry, before) : { record: before, ended: undefined }
      const key = (client ? clientKeyText : deviceKeyText)(secret, name, record.key_version)
      terminal.result(json ? JSON.stringify({ client_id: name, key_version: record.key_version, key }) : key)
      if (renew && wait) await endLateConnection(registry.connections, name, terminal)
      if (ended?.status === 'rejected') throw ended.reason
    })
}

/** One conditional write; then the connection that was opened with the old key ends. The new key is there whether or not that works. */
async function renewed({ records, connections }: DeviceRegistry, before: DeviceRecord) {
  const record = { ...before, key_version: before.key_version + 1, not_before_seconds: nextSecond() }
  await records.replace(before, record)
  const [ended] = await Promise.allSettled([connections.end(before.client_id)])
  await untilSecond(record.not_before_seconds)
  return { record, ended }
}
