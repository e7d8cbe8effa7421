import type { BrokerObserver, Hop, LogLine } from '#local/index.ts'
import { createCapture } from './capture.ts'
import { createFeed } from './feed.ts'
import { createRates } from './rates.ts'
import { createRing } from './ring.ts'
import type { LogRow } from './wire.ts'

const KEPT_REFUSALS = 500
const KEPT_LOG_LINES = 2_000
const SHOWN_LOG_CHARACTERS = 2_000
/** In the last line of an invocation. */
const DURATION = /^REPORT .*\tDuration: ([0-9.]+) ms/

export type ConsoleRecorder = ReturnType<typeof createConsoleRecorder>

/** What the console remembers of a runtime, and tells its pages. Nothing of it leaves the memory of this process. */
export function createConsoleRecorder() {
  const capture = createCapture()
  const rates = createRates()
  const refusals = createRing<Hop>({ items: KEPT_REFUSALS })
  const lastRefusals = new Map<string, Hop>()
  const logLines = createRing<LogRow>({ items: KEPT_LOG_LINES })
  const feed = createFeed(capture)

  const observer: BrokerObserver = {
    connected() {},
    connectRefused: () => rates.count('refused'),
    disconnected() {},
    subscribed() {},
    subscribeRefused: () => rates.count('refused'),
    unsubscribed() {},
    published(message) {
      rates.count('published', message.origin === 'client' ? message.clientId : undefined)
      capture.add(message)
    },
    publishRefused: () => rates.count('refused'),
    accepted() {},
    delivered: (_message, { clientId }) => rates.count('delivered', clientId),
    acknowledged() {},
    dropped() {},
  }

  return {
    observer,
    capture,
    rates,
    feed,
    refusals: () => refusals.items(),
    lastRefusalOf: (clientId: string) => lastRefusals.get(clientId),
    logLines: () => logLines.items(),
    onHop(hop: Hop): void {
      if (hop.outcome === 'refused' || (hop.outcome === 'failed' && hop.kind !== 'call')) {
        refusals.push(hop)
        if (hop.clientId !== undefined) lastRefusals.set(hop.clientId, hop)
        feed.refused(hop)
      }
      feed.touched(hop.traceId)
    },
    onLogLine({ functionName, text }: LogLine): void {
      const durationMs = DURATION.exec(text)?.[1]
      if (durationMs !== undefined) rates.invoked(functionName, Number(durationMs))
      logLines.push({ atMs: Date.now(), functionName, text: text.slice(0, SHOWN_LOG_CHARACTERS).trimEnd() })
    },
  }
}
