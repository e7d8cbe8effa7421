import type { Command } from 'commander'
import type { DeviceRecord } from '#contract/index.ts'
import { CommandError } from '../command-error.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { openDeviceRegistry } from './device-registry.ts'
import { issueDeviceCertificate, replaceWithCertificate } from './issue-certificate.ts'

const EXAMPLES = `
Certificate and key are written to certs/devices/<stage>/<name>/ (for the local runtime: certs/devices/local/<name>/) in place of those that are
there, or with --json into the answer; nobody can read the key again later. The certificates that the device has stay good, so that it can
change over without a gap; --renew ends them.

Examples:
  npx bridge device certificate robot-1
  npx bridge device certificate robot-1 --renew
  npx bridge device certificate meter-1 --certificate-only --renew`

interface CertificateOptions extends TargetOptions {
  renew?: boolean
  certificateOnly?: boolean
  json?: boolean
}

/** `bridge device certificate NAME`: a certificate for a device that is registered, or a new one in place of what it has. */
export function certificateCommand(parent: Command, terminal: Terminal, projectFolder: string): void {
  const command = parent
    .command('certificate <name>')
    .description('make a certificate for a registered device')
    .option('--renew', 'take the certificates that it has out of use')
    .option('--certificate-only', 'with the policies of the role, for a device without tokens')
    .option('--json', 'one line of JSON')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, { renew, certificateOnly, json, ...options }: CertificateOptions) => {
      const registry = openDeviceRegistry(openTarget(options))
      const { records, certificates, things } = registry
      const before = await records.get(name)
      if (before.status !== 'active') {
        throw new CommandError(
          'failed',
          'device_inactive',
          `"${name}" is ${before.status}; a certificate opens nothing`,
        )
      }
      const others = (await things.find(name)) ? await certificates.of(name) : []
      const certificate = await issueDeviceCertificate(registry, {
        clientId: name,
        projectFolder,
        writeFiles: !json,
        fresh: true,
        ...(certificateOnly && { policiesOf: before.role }),
      })
      const record: DeviceRecord = {
        ...before,
        certificate_ids: [...(renew ? [] : before.certificate_ids), certificate.certificateId],
      }
      await replaceWithCertificate(registry, before, record, certificate)
      const ended = renew ? others.filter(({ status }) => status === 'ACTIVE') : []
      await Promise.all(ended.map(({ certificateId }) => certificates.deactivate(certificateId)))
      if (json) terminal.result(JSON.stringify({ ...record, certificate }))
      else {
        terminal.result(`${terminal.colors.green('certificate')} ${certificate.certificateId} is ${name}'s`)
        terminal.result(`  ${terminal.colors.dim('certificate and key')} ${certificate.folder}`)
        for (const { certificateId } of ended) {
          terminal.result(`  ${terminal.colors.dim('deactivated')} certificate ${certificateId}`)
        }
      }
    })
}
