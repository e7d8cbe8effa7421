import type { Command } from 'commander'
import { TOKEN_LIMITS } from '#contract/index.ts'
import { CommandError } from './command-error.ts'
import { ALL_PERMISSIONS, issueToken } from './issue-token.ts'
import { openTarget, type TargetOptions, withTargetOptions } from './target.ts'
import type { Terminal } from './terminal.ts'

const EXAMPLES = `
A pattern is a topic filter, optionally with pub: or sub: before it and with \${root}, \${clientId}, \${organizationId} or
\${deviceId} in it. The authorizer refuses a lifetime over the deployment's tokenLifetimeSeconds.

Examples:
  TOKEN=$(npx bridge token --client-id jamey-instance-1)
  npx bridge token --client-id jamey-instance-1 --permissions 'jamey/memory/#' 'sub:jamey/responses/\${clientId}'`

interface TokenOptions extends TargetOptions {
  clientId: string
  permissions: string[]
  lifetime: string
}

/** `bridge token`: prints a token for a device, signed with the issuer secret of the deployment. */
export function tokenCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('token')
    .description('print a short-lived token for a registered device: the password of its MQTT connection')
    .requiredOption('--client-id <id>', 'the device, which is also its MQTT client id')
    .option('--permissions <patterns...>', 'what the token asks for; the role is the bound', ALL_PERMISSIONS)
    .option('--lifetime <seconds>', 'seconds until it expires', String(TOKEN_LIMITS.defaultLifetimeSeconds))
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async ({ clientId, permissions, lifetime, ...options }: TokenOptions) => {
      const lifetimeSeconds = secondsOf(lifetime)
      const key = await openTarget(options).issuerKey()
      terminal.result(issueToken(key, { clientId, permissions, lifetimeSeconds }))
    })
}

function secondsOf(text: string): number {
  const seconds = Number(text)
  if (Number.isInteger(seconds) && seconds > 0) return seconds
  throw new CommandError('usage', 'invalid_option', `--lifetime: expected whole seconds above 0, got ${text}`)
}
