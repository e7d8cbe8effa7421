import type { Command } from 'commander'
import { deploymentNames } from '#contract/index.ts'
import { openTarget, type TargetOptions, withTargetOptions } from './target.ts'
import type { Terminal } from './terminal.ts'

/** `bridge endpoint`: the host names that devices connect to. */
export function endpointCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('endpoint')
    .description('print the host names that devices connect to, and the URL for MQTT over TLS')
    .option('--json', 'one line of JSON')
  withTargetOptions(command)
    .addHelpText('after', '\nExamples:\n  npx bridge endpoint\n  npx bridge endpoint --aws --stage prod')
    .action(async (options: TargetOptions & { json?: boolean }) => {
      const target = openTarget(options)
      const { mqtt, wss } = deploymentNames(target.stage).domains
      const endpoints = {
        mqttUrl: (await target.mqtt()).url,
        mqttHost: await target.describeDomain(mqtt),
        // the local runtime does not open it yet
        ...(options.aws && { wssHost: await target.describeDomain(wss) }),
      }
      const lines = Object.entries(endpoints).map(([name, value]) => `${name.padEnd(8)} ${value}`)
      terminal.result(options.json ? JSON.stringify(endpoints) : lines.join('\n'))
    })
}
