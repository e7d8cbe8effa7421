import type { GrantUse } from '#local/index.ts'
import type { Terminal } from './terminal.ts'

/** Services whose actions the platform takes by itself, so that no request on this machine shows whether they are needed. */
const NOT_SEEN_HERE = /^(?:logs|xray|cloudwatch):/

/**
 * Prints what roles were granted and never used in this run; in a pipe one line of JSON for each granted action. What a run does not need
 * another one may: run everything before taking a grant away.
 */
export function printIamReport(grants: readonly GrantUse[], { isPerson, colors, result }: Terminal): void {
  const seen = grants.filter(({ action }) => !NOT_SEEN_HERE.test(action))
  if (!isPerson) {
    for (const grant of seen) result(JSON.stringify(grant))
    return
  }
  const unused = seen.filter(({ uses }) => uses === 0)
  result(colors.bold(`${seen.length - unused.length} of ${seen.length} granted actions were used in this run`))
  if (unused.length === 0) return
  const rows = unused.map(({ role, action, resources }) => [role, action, resources.join(', ')])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  result('never used:')
  for (const [role = '', action = '', resources = ''] of rows) {
    result(
      `  ${role.padEnd(widths[0] ?? 0)}  ${colors.yellow(action.padEnd(widths[1] ?? 0))}  ${colors.dim(resources)}`,
    )
  }
}
