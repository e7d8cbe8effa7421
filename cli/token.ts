import type { Command } from 'commander'
import { deploymentNames, TOKEN_LIMITS } from '#contract/index.ts'
import { CommandError } from './command-error.ts'
import { DEFAULT_SIGNING_KEY_FILE, signedUsername } from './gateway-signature.ts'
import { ALL_PERMISSIONS, issueToken } from './issue-token.ts'
import { openTarget, type Target, type TargetOptions, withTargetOptions } from './target.ts'
import type { Terminal } from './terminal.ts'
import { askTokenService } from './token-service.ts'

const EXAMPLES = `
A pattern is a topic filter, optionally with pub:, sub: or retain: before it, ! to deny what it matches, and with \${root}, \${clientId}, \${organizationId} or
\${deviceId} in it. The authorizer refuses a lifetime over the deployment's tokenLifetimeSeconds.

With --service the token service of the deployment issues it, and no secret is read here: its audit log names who asked, and permissions beyond
the role are cut. On AWS, name its URL, the output TokenServiceUrl of the stack; your credentials need execute-api:Invoke.

Where the gateway checks signatures (setting tokenSigningKeysFile), --signed prints two lines: the MQTT user name, which carries the token and
its signature, and the token as password.

Examples:
  TOKEN=$(npx bridge token --client-id jamey-instance-1)
  npx bridge token --client-id jamey-instance-1 --permissions '\${root}/memory/#' 'sub:\${root}/responses/\${clientId}'
  npx bridge token --client-id jamey-instance-1 --service
  npx bridge token --client-id jamey-instance-1 --signed --signing-key ./signing-key.pem`

interface TokenOptions extends TargetOptions {
  clientId: string
  permissions: string[]
  lifetime: string
  service?: string | true
  signed?: boolean
  signingKey?: string
}

/** `bridge token`: prints a token for a device, signed with the issuer secret of the deployment. */
export function tokenCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('token')
    .description('print a short-lived token for a registered device: the password of its MQTT connection')
    .requiredOption('--client-id <id>', 'the device, which is also its MQTT client id')
    .option('--permissions <patterns...>', 'what the token asks for; the role is the bound', [...ALL_PERMISSIONS])
    .option('--lifetime <seconds>', 'seconds until it expires', String(TOKEN_LIMITS.defaultLifetimeSeconds))
    .option('--service [url]', 'ask the token service instead of signing here')
    .option('--signed', 'print the user name with a signature for the gateway as well')
    .option('--signing-key <file>', `with --signed: RSA private key in PEM (default: "${DEFAULT_SIGNING_KEY_FILE}")`)
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async ({ clientId, permissions, lifetime, service, signed, signingKey, ...options }: TokenOptions) => {
      const target = openTarget(options)
      const token = await obtainToken(
        target,
        { clientId, permissions, lifetimeSeconds: secondsOf(lifetime) },
        service,
        terminal,
      )
      if (signed || signingKey !== undefined) {
        const authorizerName = deploymentNames(target.stage).signingAuthorizer
        terminal.result(signedUsername(token, { authorizerName, keyFile: signingKey ?? DEFAULT_SIGNING_KEY_FILE }))
      }
      terminal.result(token)
    })
}

async function obtainToken(
  target: Target,
  request: { clientId: string; permissions: string[]; lifetimeSeconds: number },
  service: string | true | undefined,
  terminal: Terminal,
): Promise<string> {
  if (service === undefined) return issueToken(await target.issuerKey(), request)
  const serviceUrl = service === true ? target.tokenServiceUrl : service
  if (serviceUrl === undefined) {
    throw new CommandError('usage', 'missing_option', 'name the URL of the token service: --service https://…')
  }
  const { token, cut } = await askTokenService({ aws: target.aws, serviceUrl }, request)
  for (const pattern of cut) terminal.note(`cut to the role: ${pattern}`)
  return token
}

function secondsOf(text: string): number {
  const seconds = Number(text)
  if (Number.isInteger(seconds) && seconds > 0) return seconds
  throw new CommandError('usage', 'invalid_option', `--lifetime: expected whole seconds above 0, got ${text}`)
}
