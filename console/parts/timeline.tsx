import type { Hop, Trace } from '#cli/console/wire.ts'
import { linkTo } from '../data/route.ts'
import { milliseconds, shortName, timeOfDay } from '../data/words.ts'
import { Outcome } from './outcome.tsx'

/** A trace as a picture: a bar for each step where it lies in the whole, and beside it what was decided. */
export function Timeline({ trace }: { trace: Trace }) {
  const wholeMs = Math.max(trace.endedAtMs - trace.startedAtMs, 0.001)
  return (
    <figure class="timeline">
      <figcaption>
        <code>{trace.traceId}</code> <Outcome outcome={trace.outcome} /> {milliseconds(wholeMs)}, from{' '}
        {timeOfDay(trace.startedAtMs)}
        {trace.dropped > 0 && ` (${trace.dropped} further steps were not kept)`}
      </figcaption>
      <ol>
        {trace.hops.map((hop, index) => (
          <Step key={`${hop.kind} ${hop.atMs} ${index}`} hop={hop} trace={trace} wholeMs={wholeMs} />
        ))}
      </ol>
    </figure>
  )
}

function Step({ hop, trace, wholeMs }: { hop: Hop; trace: Trace; wholeMs: number }) {
  const { kind, subject, outcome, durationMs = 0, reason, topic } = hop
  const left = ((hop.atMs - trace.startedAtMs) / wholeMs) * 100
  const width = Math.max((durationMs / wholeMs) * 100, 0.6)
  return (
    <li class="step">
      <span class="number">{milliseconds(hop.atMs - trace.startedAtMs)}</span>
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <rect class={`bar ${outcome}`} x={Math.min(left, 99.4)} y="1" width={Math.min(width, 100 - left)} height="8" />
      </svg>
      <span class="kind">{kind}</span>
      <span class="what">
        <code>{shortName(subject)}</code> <Outcome outcome={outcome} />
        {durationMs > 0 && <span class="quiet"> {milliseconds(durationMs)}</span>}
        {hop.facts?.cold === true && <span class="quiet"> cold start</span>}
        {topic !== undefined && (
          <span class="quiet">
            {' '}
            <code>{topic}</code>
          </span>
        )}
        {reason !== undefined && <span class="reason"> {reason}</span>}
        {typeof hop.facts?.connection === 'string' && (
          <>
            {' '}
            <a href={linkTo('requests', hop.facts.connection)}>its connection</a>
          </>
        )}
      </span>
    </li>
  )
}
