import type { Terminal } from './terminal.ts'

/** Lines of aligned columns; the heads are for people alone, so that a pipe has data only. Rows that matter less are dimmed. */
export function tableLines(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  { colors, isPerson }: Pick<Terminal, 'colors' | 'isPerson'>,
  isDim: (row: readonly string[]) => boolean = () => false,
): string[] {
  const widths = heads.map((head, index) => Math.max(head.length, ...rows.map((row) => row[index]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd()
  const lines = rows.map((row) => (isDim(row) ? colors.dim(line(row)) : line(row)))
  return isPerson ? [colors.bold(line(heads)), ...lines] : lines
}

/** A time span as people say it, in its largest unit: `4 s`, `12 min`, `3 h`, `5 d`. */
export function ageText(ageSeconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
  ] as const
  const [name, seconds] = units.find(([, unitSeconds]) => ageSeconds >= unitSeconds) ?? ['s', 1]
  return `${Math.max(0, Math.floor(ageSeconds / seconds))} ${name}`
}
