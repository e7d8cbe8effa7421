import type { Command } from 'commander'
import { TOKEN_LIMITS } from '#contract/index.ts'
import { ALL_PERMISSIONS, issueToken } from './issue-token.ts'
import { openTarget, type TargetOptions, withTargetOptions } from './target.ts'
import type { Terminal } from './terminal.ts'

interface TokenOptions extends TargetOptions {
  clientId: string
  permissions: string[]
  lifetime: string
}

/** `bridge token`: prints a token for a device, signed with the issuer secret of the deployment. */
export function tokenCommand(program: Command, terminal: Terminal): void {
  withTargetOptions(program.command('token'))
    .description('print a short-lived token for a registered device')
    .requiredOption('--client-id <id>', 'the device, which is also its MQTT client id')
    .option('--permissions <patterns...>', 'what the token asks for, bounded by the role', ALL_PERMISSIONS)
    .option('--lifetime <seconds>', 'seconds until it expires', String(TOKEN_LIMITS.defaultLifetimeSeconds))
    .action(async ({ clientId, permissions, lifetime, ...options }: TokenOptions) => {
      const key = await openTarget(options).issuerKey()
      terminal.result(issueToken(key, { clientId, permissions, lifetimeSeconds: Number(lifetime) }))
    })
}
