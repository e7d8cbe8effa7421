/** A table of a Markdown page. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

/** A text in which no character means something to a table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').trim()
}

export function code(texts: readonly string[] = []): string {
  return texts.map((text) => `\`${text}\``).join(', ')
}

/** A page, named by what is last in its address. */
export function link(address: string): string {
  const { pathname } = new URL(address)
  const name =
    pathname
      .split('/')
      .at(-1)
      ?.replace(/\.html$/, '') || new URL(address).hostname
  return `[${name}](${address})`
}
