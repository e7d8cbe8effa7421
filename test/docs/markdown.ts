import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. */
export const PROJECT_FOLDER = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export function readDocument(path: string): string {
  return readFileSync(join(PROJECT_FOLDER, path), 'utf8')
}

/** The rows of the first table with this header, as cells without white space around them. */
export function tableRows(document: string, header: readonly string[]): string[][] {
  const lines = document.split('\n')
  const start = lines.indexOf(`| ${header.join(' | ')} |`)
  if (start < 0) throw new Error(`no table has the header ${header.join(', ')}`)
  const after = lines.slice(start + 2)
  const end = after.findIndex((line) => !line.startsWith('|'))
  return after.slice(0, end < 0 ? undefined : end).map(cellsOf)
}

/** The text of a cell that is one code span. */
export function unquoted(cell: string | undefined): string {
  return cell?.replace(/^`|`$/g, '') ?? ''
}

/** The first fenced block after a comment `<!-- name … -->`. */
export function blockAfter(document: string, comment: string): string {
  const [, after] = document.split(`<!-- ${comment} -->`)
  const [, block] = /^\s*```\w*\n(.*?)```/s.exec(after ?? '') ?? []
  if (block === undefined) throw new Error(`no block follows the comment "${comment}"`)
  return block
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, line.lastIndexOf('|'))
    .split(/(?<!\\)\|/)
    .map((cell) => cell.replaceAll('\\|', '|').trim())
}
