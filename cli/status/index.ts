import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { openExamination } from '../doctor/examination.ts'
import { DEFAULT_SIGNING_KEY_FILE } from '../gateway-signature.ts'
import { type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { QUESTIONS } from './questions.ts'
import { askAll, type Row } from './row.ts'

const EXAMPLES = `
Endpoints and their ports, dates of certificates, age and rotation of the issuer key, dead letters, rules, last errors, versions, and of the local
runtime each part's health. Nothing is changed. What your credentials may not ask for is "unknown" in its row. The exit code is 1 when something is wrong.

Examples:
  npx bridge status
  npx bridge status --json | jq -r '.rows[] | select(.state != "ok") | .detail'
  npx bridge status --aws --stage prod`

/** A device that need not be there: its own certificate is looked at if this machine has one. */
const NOBODY = 'cli-request'

/** `bridge status`: one screen of how a bridge is. */
export function statusCommand(program: Command, terminal: Terminal, projectFolder: string): void {
  const command = program
    .command('status')
    .description('show on one screen how the bridge is')
    .option('--json', 'one line of JSON')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async ({ json, ...options }: TargetOptions & { json?: boolean }) => {
      const own = { clientId: NOBODY, signingKey: DEFAULT_SIGNING_KEY_FILE, projectFolder }
      const examination = openExamination({ ...options, ...own })
      const { stage, aws } = examination.target()
      const rows = await askAll(QUESTIONS, examination)
      const wrong = rows.filter(({ state }) => state === 'wrong')
      const where = aws.endpoint === undefined ? 'AWS' : 'local runtime'
      if (json) terminal.result(JSON.stringify({ ok: wrong.length === 0, where, stage, rows }))
      else show(rows, terminal)
      const [first] = wrong
      if (!first) return
      const others = wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : ''
      throw new CommandError('failed', 'not_healthy', `${first.part}: ${first.detail}${others}`)
    })
}

function show(rows: readonly Row[], { colors, isPerson, result }: Terminal): void {
  const paint = { ok: colors.green, wrong: colors.red, unknown: colors.yellow } as const
  const width = Math.max(...rows.map(({ part }) => part.length))
  let before = ''
  for (const { part, state, detail } of rows) {
    result(`${paint[state](state.padEnd(7))}  ${(isPerson && part === before ? '' : part).padEnd(width)}  ${detail}`)
    before = part
  }
}
