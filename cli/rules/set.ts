import { readFileSync } from 'node:fs'
import { text as textOf } from 'node:stream/consumers'
import type { Command } from 'commander'
import { RULE_SET_KEPT_SECONDS } from '#contract/index.ts'
import { parseRules } from '#functions/conscience/rules.ts'
import { CommandError } from '../command-error.ts'
import { type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { wholeNumber } from '../whole-number.ts'
import { openRuleSets } from './open-rule-sets.ts'

const EXAMPLES = `
The rules are checked before they are written; what is not valid changes nothing. Each set is a version of its own, and none is ever lost.

Examples:
  npx bridge rules set rules.json --note "stricter on privacy"
  npx bridge rules get | jq '.[0].weight = 20' | npx bridge rules set -
  npx bridge rules set --version 2`

interface SetOptions extends TargetOptions {
  version?: string
  note?: string
  ifVersion?: string
}

/** `bridge rules set FILE`: puts rules in force, from a file, standard input or a version of before. */
export function setCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('set [file]')
    .description('put rules in force; "-" reads them from standard input')
    .option('--version <number>', 'those of this version again, instead of a file')
    .option('--note <text>', 'why, for the history')
    .option('--if-version <number>', 'only if this version is in force; 0: if none was ever set')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (file: string | undefined, { version, note, ifVersion, ...options }: SetOptions) => {
      if ((file === undefined) === (version === undefined)) {
        throw new CommandError('usage', 'invalid_option', 'expected a file, "-" or --version')
      }
      const sets = openRuleSets(options)
      const rules =
        version === undefined
          ? await readRules(file ?? '-')
          : (await sets.get(versionOf('--version', version))).rules_json
      await put(sets, rules, {
        note,
        expected: ifVersion === undefined ? undefined : versionOf('--if-version', ifVersion),
      }).then((set) => terminal.note(inForce(set)))
    })
}

/** `bridge rules reset`: the rules of the deployment again. */
export function resetCommand(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('reset')
    .description('put the rules of the deployment in force again')
    .option('--note <text>', 'why, for the history')
  withTargetOptions(command).action(async ({ note, ...options }: TargetOptions & { note?: string }) => {
    terminal.note(inForce(await put(openRuleSets(options), null, { note, expected: undefined })))
  })
}

function versionOf(option: string, text: string): number {
  return wholeNumber(option, 0, 1_000_000_000)(text)
}

async function put(
  sets: ReturnType<typeof openRuleSets>,
  rulesJson: string | null,
  { note, expected }: { note: string | undefined; expected: number | undefined },
): Promise<number> {
  const [newest] = await sets.newest(1)
  const current = newest?.version ?? 0
  if (expected !== undefined && expected !== current) {
    const text = `version ${current} is in force, not ${expected}; look at it with "npx bridge rules get"`
    throw new CommandError('failed', 'rules_changed', text)
  }
  const { version } = await sets.add(current, rulesJson, note ?? null)
  return version
}

function inForce(version: number): string {
  return `version ${version} is set; every function judges by it within ${RULE_SET_KEPT_SECONDS} seconds`
}

/** The text of valid rules. Throws file_unreadable, malformed_json, configuration_invalid. */
async function readRules(file: string): Promise<string> {
  const text = await read(file)
  let rules: unknown
  try {
    rules = JSON.parse(text)
  } catch {
    throw new CommandError('usage', 'malformed_json', `expected a JSON list of rules in ${file}`)
  }
  parseRules(rules)
  return JSON.stringify(rules)
}

async function read(file: string): Promise<string> {
  try {
    return file === '-' ? await textOf(process.stdin) : readFileSync(file, 'utf8')
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    throw new CommandError('usage', 'file_unreadable', problem)
  }
}
