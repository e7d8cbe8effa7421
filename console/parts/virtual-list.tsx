import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

const ROW_PIXELS = 30
/** Rows above and below what is seen. */
const SPARE_ROWS = 10

/** A long list of rows of one height, of which only those in sight are drawn. It follows its end as long as that is in sight. */
export function VirtualList<Row>(props: {
  label: string
  rows: readonly Row[]
  keyOf(row: Row): string | number
  draw(row: Row): ComponentChildren
}) {
  const { label, rows, keyOf, draw } = props
  const box = useRef<HTMLUListElement>(null)
  const follows = useRef(true)
  const [seen, setSeen] = useState({ top: 0, height: 600 })

  useEffect(() => {
    const list = box.current
    if (!list) return undefined
    const sized = new ResizeObserver(() => setSeen((before) => ({ ...before, height: list.clientHeight })))
    sized.observe(list)
    return () => sized.disconnect()
  }, [])

  useLayoutEffect(() => {
    const list = box.current
    if (list && follows.current) list.scrollTop = list.scrollHeight
  }, [rows])

  const first = Math.max(0, Math.floor(seen.top / ROW_PIXELS) - SPARE_ROWS)
  const last = Math.min(rows.length, Math.ceil((seen.top + seen.height) / ROW_PIXELS) + SPARE_ROWS)
  return (
    <ul
      class="virtual"
      aria-label={label}
      ref={box}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
      tabIndex={0}
      onScroll={({ currentTarget: list }) => {
        follows.current = list.scrollTop + list.clientHeight >= list.scrollHeight - ROW_PIXELS
        setSeen({ top: list.scrollTop, height: list.clientHeight })
      }}
    >
      <li class="filler" style={{ height: `${first * ROW_PIXELS}px` }} aria-hidden="true" />
      {rows.slice(first, last).map((row) => (
        <li key={keyOf(row)} class="row">
          {draw(row)}
        </li>
      ))}
      <li class="filler" style={{ height: `${(rows.length - last) * ROW_PIXELS}px` }} aria-hidden="true" />
    </ul>
  )
}
