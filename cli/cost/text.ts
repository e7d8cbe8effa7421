/** US dollars, with two digits that say something below a cent. */
export function usdText(usd: number): string {
  if (usd === 0) return '0'
  if (usd < 1) return String(Number(usd.toPrecision(2)))
  return usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
}

/** A table of a Markdown page. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}
