import { useEffect, useRef } from 'preact/hooks'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Series } from '#cli/console/wire.ts'
import { useAsked } from '../data/use-asked.ts'
import { milliseconds } from '../data/words.ts'

const HEIGHT_PIXELS = 220

interface Line {
  label: string
  colour: string
  values: readonly (number | null)[]
}

export function PlotsView() {
  const { answer: series } = useAsked<Series>('/series', { everyMs: 1_000 })
  if (!series) return <p class="quiet">loading …</p>
  const { atSeconds, published, delivered, refused, invocations, p50Ms, p99Ms } = series
  return (
    <div class="plots">
      <Plot
        title="Messages a second"
        summary={`now ${published.at(-2)} published, ${delivered.at(-2)} delivered, ${refused.at(-2)} refused`}
        atSeconds={atSeconds}
        lines={[
          { label: 'published', colour: '--line-1', values: published },
          { label: 'delivered', colour: '--line-2', values: delivered },
          { label: 'refused', colour: '--line-3', values: refused },
        ]}
      />
      <Plot
        title="Invocations a second"
        summary={`now ${invocations.at(-2)}`}
        atSeconds={atSeconds}
        lines={[{ label: 'invocations', colour: '--line-1', values: invocations }]}
      />
      <Plot
        title="Duration of invocations, ms"
        summary={`last p99 ${milliseconds(p99Ms.findLast((ms) => ms !== null) ?? undefined)}`}
        atSeconds={atSeconds}
        lines={[
          { label: 'p50', colour: '--line-1', values: p50Ms },
          { label: 'p99', colour: '--line-3', values: p99Ms },
        ]}
      />
    </div>
  )
}

function Plot(props: { title: string; summary: string; atSeconds: readonly number[]; lines: readonly Line[] }) {
  const { title, summary, atSeconds, lines } = props
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot | undefined>(undefined)

  useEffect(() => {
    const box = place.current
    if (!box) return undefined
    const colours = getComputedStyle(document.documentElement)
    const axis = { stroke: colours.getPropertyValue('--text'), grid: { stroke: colours.getPropertyValue('--edge') } }
    const drawn = new UPlot(
      {
        width: box.clientWidth,
        height: HEIGHT_PIXELS,
        axes: [axis, axis],
        series: [
          {},
          ...lines.map(({ label, colour }) => ({ label, stroke: colours.getPropertyValue(colour), width: 1.5 })),
        ],
      },
      dataOf(atSeconds, lines),
      box,
    )
    plot.current = drawn
    const sized = new ResizeObserver(() => drawn.setSize({ width: box.clientWidth, height: HEIGHT_PIXELS }))
    sized.observe(box)
    return () => {
      sized.disconnect()
      drawn.destroy()
    }
  }, [])

  useEffect(() => plot.current?.setData(dataOf(atSeconds, lines)), [atSeconds])

  return (
    <figure>
      <figcaption>
        {title} <span class="quiet">{summary}</span>
      </figcaption>
      <div ref={place} aria-hidden="true" />
    </figure>
  )
}

function dataOf(atSeconds: readonly number[], lines: readonly Line[]): UPlot.AlignedData {
  return [[...atSeconds], ...lines.map(({ values }) => [...values])]
}
