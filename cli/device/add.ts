import type { Command } from 'commander'
import { bridgeError, type DeviceRecord, IDENTIFIER_PATTERN } from '#contract/index.ts'
import { CommandError } from '../command-error.ts'
import { openTarget, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { readAttributes } from './attributes.ts'
import { deviceExists } from './device-records.ts'
import { openDeviceRegistry } from './device-registry.ts'
import { type CertificateResult, issueDeviceCertificate } from './issue-certificate.ts'

const EXAMPLES = `
The record is written last: a device whose registration was cut off cannot connect, and the same call again completes it. A certificate
and its key are written to certs/devices/<stage>/<name>/ (for the local runtime: certs/devices/local/<name>/), or with --json into the answer; nobody can read the key again later.

A device with a certificate and a token gets no policy for the certificate: its rights are those of the token. With --certificate-only
the certificate carries the policies of the role, which hold on an endpoint for certificates alone.

Examples:
  npx bridge device add sensor-7 --role observer
  npx bridge device add robot-1 --role agent --organization-id acme --device-id Robot-1 --attribute site=hall-2 floor=3
  npx bridge device add robot-2 --role agent --certificate`

interface AddOptions extends TargetOptions {
  role: string
  attribute?: string[]
  organizationId?: string
  deviceId?: string
  certificate?: boolean
  certificateOnly?: boolean
  json?: boolean
}

/** `bridge device add NAME`: thing, group, on request a certificate, and at last the record. */
export function addCommand(parent: Command, terminal: Terminal, projectFolder: string): void {
  const command = parent
    .command('add <name>')
    .description('register a device under its client id')
    .requiredOption('--role <role>', 'its role: the bound of all its rights')
    .option('--attribute <key=value...>', 'attributes of the thing')
    .option('--organization-id <id>', 'its organization')
    .option('--device-id <id>', "its id in the organization's topics")
    .option('--certificate', 'make a key pair and a certificate to show beside the token')
    .option('--certificate-only', 'make a certificate with the policies of the role, for a device without tokens')
    .option('--json', 'one line of JSON')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((name: string, options: AddOptions) => add(name, options, terminal, projectFolder))
}

async function add(clientId: string, options: AddOptions, terminal: Terminal, projectFolder: string): Promise<void> {
  if (!IDENTIFIER_PATTERN.test(clientId)) throw bridgeError('client_id_invalid')
  const { role, organizationId, deviceId } = options
  for (const [option, id] of Object.entries({ '--organization-id': organizationId, '--device-id': deviceId })) {
    if (id === undefined || IDENTIFIER_PATTERN.test(id)) continue
    throw new CommandError(
      'usage',
      'invalid_option',
      `${option}: expected an id that fits ${IDENTIFIER_PATTERN.source}`,
    )
  }
  const own = readAttributes(options.attribute ?? [])
  const registry = openDeviceRegistry(openTarget(options))
  const { records, things } = registry
  const before = await records.find(clientId)
  if (before && before.status !== 'removed') throw deviceExists(clientId)
  await things.requireRole(role)

  const attributes = { ...own, role, ...(organizationId && { organizationId }), ...(deviceId && { deviceId }) }
  await things.put({ name: clientId, role, formerRole: before?.role, attributes })
  terminal.note(`thing ${clientId} is in the group of role ${role}`)
  const certificate = await certificateOf(clientId, options, registry, projectFolder, before !== undefined)
  if (certificate) terminal.note(`certificate ${certificate.certificateId} is attached`)

  const record: DeviceRecord = {
    client_id: clientId,
    role,
    organization_id: organizationId,
    device_id: deviceId,
    status: 'active',
    // the keys and tokens of one that was here before do not come back with its name
    key_version: (before?.key_version ?? 0) + 1,
    not_before_seconds: before ? Math.floor(Date.now() / 1_000) : 0,
    certificate_ids: certificate ? [certificate.certificateId] : [],
  }
  await (before ? records.replace(before, record) : records.create(record))
  if (options.json) terminal.result(JSON.stringify({ ...record, certificate }))
  else show(record, certificate, terminal)
}

async function certificateOf(
  clientId: string,
  options: AddOptions,
  registry: ReturnType<typeof openDeviceRegistry>,
  projectFolder: string,
  wasHere: boolean,
): Promise<CertificateResult | undefined> {
  const { certificate, certificateOnly, role } = options
  if (!certificate && !certificateOnly) return undefined
  const writeFiles = !options.json
  return issueDeviceCertificate(registry, {
    clientId,
    projectFolder,
    writeFiles,
    // what lies there may be the certificate of the one before, which others can have
    fresh: wasHere,
    ...(certificateOnly && { policiesOf: role }),
  })
}

function show(record: DeviceRecord, certificate: CertificateResult | undefined, { colors, result }: Terminal): void {
  result(`${colors.green('registered')} ${record.client_id} as ${record.role}`)
  if (certificate?.folder) result(`  ${colors.dim('certificate and key')} ${certificate.folder}`)
}
