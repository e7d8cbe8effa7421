import type { ComponentChildren } from 'preact'

export interface Column<Row> {
  head: string
  cell(row: Row): ComponentChildren
  /** Numbers stand to the right. */
  isNumber?: boolean
}

/** A table that scrolls by itself where the page is narrow. */
export function Table<Row>(props: {
  label: string
  rows: readonly Row[] | undefined
  columns: readonly Column<Row>[]
  keyOf(row: Row): string
  empty: string
  isChosen?(row: Row): boolean
}) {
  const { label, rows, columns, keyOf, empty, isChosen = () => false } = props
  if (!rows) return <p class="quiet">loading …</p>
  if (rows.length === 0) return <p class="quiet">{empty}</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="scroll" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(({ head, isNumber }) => (
              <th key={head} scope="col" class={isNumber ? 'number' : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} class={isChosen(row) ? 'chosen' : undefined}>
              {columns.map(({ head, cell, isNumber }) => (
                <td key={head} class={isNumber ? 'number' : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
