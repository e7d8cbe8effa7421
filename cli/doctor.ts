import type { Command } from 'commander'
import { CommandError } from './command-error.ts'
import { examine } from './doctor/index.ts'
import type { Finding } from './doctor/run-checks.ts'
import { DEFAULT_SIGNING_KEY_FILE } from './gateway-signature.ts'
import { type TargetOptions, withTargetOptions } from './target.ts'
import type { Terminal } from './terminal.ts'

const EXAMPLES = `
In this order: bridge (a running runtime, or credentials), clock, ports, certificates, TLS, secret, device, token, the authorizer's answer, size of
the policies, and the AWS APIs that the commands use. For the first thing that is wrong it says what to do and leaves out the rest.

Nothing is changed and nobody is disconnected: the authorizer is asked by TestInvokeAuthorizer, not by a connect. With your own credentials
it needs the permissions of the commands and iot:TestInvokeAuthorizer.

Examples:
  npx bridge doctor
  npx bridge doctor --client-id sensor-7
  npx bridge doctor --client-id sensor-7 --token "$TOKEN" --all
  npx bridge doctor --aws --stage prod --json`

interface Options extends TargetOptions {
  clientId: string
  token?: string
  service?: string
  signingKey: string
  all?: boolean
  json?: boolean
}

/** `bridge doctor`: what keeps a device from connecting, and what to do about it. */
export function doctorCommand(program: Command, terminal: Terminal, projectFolder: string): void {
  const command = program
    .command('doctor')
    .description('find out what keeps a device from connecting, and what to do about it')
    .option('--client-id <id>', 'the device to look at', 'cli-request')
    .option('--token <jwt>', 'look at this token instead of a fresh one')
    .option('--service <url>', 'with --aws: URL of the token service, to look at it as well')
    .option('--signing-key <file>', 'where the gateway checks signatures: RSA private key', DEFAULT_SIGNING_KEY_FILE)
    .option('--all', 'go on after the first thing that is wrong')
    .option('--json', 'one line of JSON')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async ({ json, ...options }: Options) => {
      const findings = await examine({ ...options, projectFolder })
      const failed = findings.filter(({ result }) => result === 'failed')
      if (json) terminal.result(JSON.stringify({ ok: failed.length === 0, checks: findings }))
      else show(findings, terminal)
      const [first] = failed
      if (first) throw new CommandError('failed', first.code ?? 'unexpected', `${first.detail}\n  ${first.advice}`)
    })
}

function show(findings: readonly Finding[], { colors, result }: Terminal): void {
  const paint = { passed: colors.green, failed: colors.red, skipped: colors.dim } as const
  const width = Math.max(...findings.map(({ check }) => check.length))
  const failed = findings.findIndex((one) => one.result === 'failed')
  // all that was skipped is at the end, unless everything was looked at as far as it could be
  const isCut = failed >= 0 && findings.slice(failed + 1).every((one) => one.result === 'skipped')
  for (const { check, result: outcome, detail } of isCut ? findings.slice(0, failed + 1) : findings) {
    const text = outcome === 'skipped' ? colors.dim(detail) : detail
    result(`${paint[outcome](outcome.padEnd(7))}  ${check.padEnd(width)}  ${text}`)
  }
  const left = findings.slice(failed + 1).map(({ check }) => check)
  if (isCut && left.length > 0) result(colors.dim(`not looked at: ${left.join(', ')}`))
}
