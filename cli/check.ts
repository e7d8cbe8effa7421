import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { checkAssembly, type Problem } from '#local/check/index.ts'
import { checkFleet } from './check/fleet.ts'
import { CommandError } from './command-error.ts'
import { keyValues } from './key-values.ts'
import { projectContext, synthesizeInto } from './synthesize.ts'
import { pretty, type Terminal } from './terminal.ts'

interface CheckOptions {
  context?: string[]
  template?: string
  parameter?: string[]
  json?: boolean
}

const EXAMPLES = `
Finds what a deployment would fail on, or what would fail after it, all at once and without an account: SQL, names, sizes, roles,
permissions, grants and quotas. Exit code 1 when there is an error; warnings alone are no failure.

Examples:
  npx bridge check
  npx bridge check -c stage=prod -c httpsPublish=true
  npx bridge check --template cdk.out --json`

/** `bridge check`: what is wrong with a template, before it is deployed. */
export function checkCommand(program: Command, terminal: Terminal, projectFolder: string): void {
  program
    .command('check')
    .description('find what is wrong with the template before it is deployed')
    .option('-c, --context <key=value...>', 'settings of the stack, as for "cdk deploy"')
    .option(
      '--template <folder>',
      'check this cloud assembly as it is, without synthesizing; the fleet file is left out',
    )
    .option('--parameter <key=value...>', "values of the template's parameters")
    .option('--json', 'print the problems as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (options: CheckOptions) => {
      const problems = await findProblems(options, projectFolder)
      const [errors, warnings] = (['error', 'warning'] as const).map(
        (severity) => problems.filter((one) => one.severity === severity).length,
      )
      if (options.json) terminal.result(pretty(problems))
      else print(problems, terminal)
      const summary = `${count(errors, 'error')}, ${count(warnings, 'warning')}`
      if (errors !== 0) throw new CommandError('failed', 'check_failed', summary)
      if (!options.json) terminal.result(`${terminal.colors.green('✔')} ${summary}`)
    })
}

async function findProblems(options: CheckOptions, projectFolder: string): Promise<Problem[]> {
  const parameters = keyValues('--parameter', options.parameter)
  if (options.template !== undefined) return checkAssembly(resolve(options.template), parameters)
  const context = keyValues('--context', options.context)
  const folder = mkdtempSync(join(tmpdir(), 'bridge-check-'))
  try {
    const fleet = checkFleet(projectFolder, { ...projectContext(projectFolder), ...context })
    // a fleet file that cannot be read has no template
    if (fleet.some(({ severity }) => severity === 'error')) return fleet
    await synthesizeInto(folder, { projectFolder, context })
    return [...(await checkAssembly(folder, parameters)), ...fleet]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function print(problems: readonly Problem[], { colors, isPerson, result }: Terminal): void {
  for (const { severity, code, logicalId, type, what, mend, source } of problems) {
    const place = [logicalId, type].filter(Boolean).join(' ')
    if (!isPerson) {
      result(`${severity}\t${code}\t${place}\t${what}\t${mend}`)
      continue
    }
    const paint = severity === 'error' ? colors.red : colors.yellow
    result(`${paint(severity)} ${colors.bold(code)} ${place}`)
    result(`  ${what}`)
    result(colors.dim(`  ${mend}${source === undefined ? '' : ` ${source}`}`))
  }
}

function count(number: number | undefined, noun: string): string {
  return `${number ?? 0} ${noun}${number === 1 ? '' : 's'}`
}
