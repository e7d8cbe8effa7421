import type { Command } from 'commander'
import type { DeviceRecord } from '#contract/index.ts'
import { CommandError } from '../command-error.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { openDeviceRegistry } from './device-registry.ts'
import { issueDeviceCertificate, replaceWithCertificate } from './issue-certificate.ts'
import { untilSecond } from './seconds.ts'

const EXAMPLES = `
Whoever has stolen what the device had gains nothing: its key has another version, tokens from before are refused, and its certificates stay
inactive. Give it a new key ("bridge device key") and, if it needs one, a new certificate.

Examples:
  npx bridge device restore sensor-7
  npx bridge device restore robot-2 --certificate
  npx bridge device restore meter-1 --certificate-only`

interface RestoreOptions extends TargetOptions {
  certificate?: boolean
  certificateOnly?: boolean
  json?: boolean
}

/** `bridge device restore NAME`: lets a revoked device in again, with new credentials only. */
export function restoreCommand(parent: Command, terminal: Terminal, projectFolder: string): void {
  const command = parent
    .command('restore <name>')
    .description('let a revoked device in again, with new credentials')
    .option('--certificate', 'make a new key pair and certificate; the old ones stay inactive')
    .option('--certificate-only', 'the same with the policies of the role, for a device without tokens')
    .option('--json', 'one line of JSON')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, options: RestoreOptions) => {
      const registry = openDeviceRegistry(openTarget(options))
      const before = await registry.records.get(name)
      if (before.status !== 'revoked') {
        const text = `"${name}" is ${before.status}; only a revoked device can be restored`
        throw new CommandError('failed', 'device_not_revoked', text)
      }
      const certificate =
        options.certificate || options.certificateOnly
          ? await issueDeviceCertificate(registry, {
              clientId: name,
              projectFolder,
              writeFiles: !options.json,
              fresh: true,
              ...(options.certificateOnly && { policiesOf: before.role }),
            })
          : undefined
      // a token of the second in which it was revoked must stay refused, and one of this second be taken
      await untilSecond(before.not_before_seconds)
      const restored: DeviceRecord = {
        ...before,
        status: 'active',
        not_before_seconds: Math.floor(Date.now() / 1_000),
        certificate_ids: certificate ? [certificate.certificateId] : [],
      }
      await replaceWithCertificate(registry, before, restored, certificate)
      if (options.json) terminal.result(JSON.stringify({ ...restored, certificate }))
      else {
        terminal.result(`${terminal.colors.green('restored')} ${name}; its key has version ${restored.key_version}`)
        if (certificate?.folder)
          terminal.result(`  ${terminal.colors.dim('certificate and key')} ${certificate.folder}`)
      }
    })
}
