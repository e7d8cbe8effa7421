import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { parseRules, type Rule } from '#functions/conscience/rules.ts'
import { projectContext } from '../synthesize.ts'
import { tableLines } from '../table.ts'
import { type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { wholeNumber } from '../whole-number.ts'
import { openRuleSets } from './open-rule-sets.ts'

const EXAMPLES = `
A person is shown a table; a pipe gets the rules as JSON, to be changed and given to "rules set".

Examples:
  npx bridge rules get
  npx bridge rules get > rules.json
  npx bridge rules get --version 2 --json`

interface GetOptions extends TargetOptions {
  version?: string
  json?: boolean
}

/** `bridge rules get`: the rules in force, or those of a version. */
export function getCommand(parent: Command, terminal: Terminal, projectFolder: string): void {
  const command = parent
    .command('get')
    .description('show the rules that are in force')
    .option('--version <number>', 'those of this version')
    .option('--json', 'as JSON, also for a person')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async ({ version, json, ...options }: GetOptions) => {
      const sets = openRuleSets(options)
      const wanted = version === undefined ? undefined : wholeNumber('--version', 1, 1_000_000_000)(version)
      const record = wanted === undefined ? (await sets.newest(1))[0] : await sets.get(wanted)
      const text = record?.rules_json ?? deployedRules(projectFolder)
      terminal.note(originOf(record, projectFolder))
      if (json || !terminal.isPerson) terminal.result(JSON.stringify(JSON.parse(text), undefined, 2))
      else for (const line of table(parseRules(JSON.parse(text)), terminal)) terminal.result(line)
    })
}

/** The file that a deployment of this project takes. */
function rulesFile(projectFolder: string): string {
  const { conscienceRulesFile: setting } = projectContext(projectFolder)
  return typeof setting === 'string' ? setting : 'functions/conscience/rules.json'
}

function deployedRules(projectFolder: string): string {
  return readFileSync(resolve(projectFolder, rulesFile(projectFolder)), 'utf8')
}

function originOf(record: { version: number; rules_json: string | null } | undefined, projectFolder: string): string {
  const deployed = `the rules of the deployment, as ${rulesFile(projectFolder)} of this project has them`
  if (!record) return `no rules were set: ${deployed}`
  return record.rules_json === null ? `version ${record.version}: ${deployed}` : `version ${record.version}`
}

function table(rules: readonly Rule[], terminal: Terminal): string[] {
  const rows = rules.map(({ name, weight, veto, honours, violates, description }) => [
    name,
    String(weight),
    veto ? 'yes' : '',
    String(honours.length),
    String(violates.length),
    description,
  ])
  return tableLines(['rule', 'weight', 'veto', 'honoured by', 'broken by', 'description'], rows, terminal)
}
