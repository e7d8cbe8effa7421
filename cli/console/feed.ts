import type { Hop } from '#local/index.ts'
import type { Capture } from './capture.ts'
import type { FeedEvent } from './wire.ts'

/** How often a page is told, and how much at once; the rest is counted. */
export const FEED_LIMITS = { intervalMs: 50, messages: 25, traces: 200, refusals: 50 } as const

export interface Feed {
  touched(traceId: string): void
  refused(hop: Hop): void
  /** Calls back with what is new, until the returned function is called. */
  listen(send: (event: FeedEvent) => void): () => void
  readonly pages: number
}

/** Gathers what happens while a page is open. With none open it gathers nothing. */
export function createFeed(capture: Capture): Feed {
  const pages = new Set<(event: FeedEvent) => void>()
  let messages: Parameters<Capture['rowOf']>[0][] = []
  let skipped = 0
  let traces = new Set<string>()
  let refusals: Hop[] = []
  let timer: NodeJS.Timeout | undefined
  let stopCapture = () => {}

  function flush(): void {
    if (messages.length === 0 && traces.size === 0 && refusals.length === 0) return
    const event = { messages: messages.map(capture.rowOf), skipped, traces: [...traces], refusals }
    messages = []
    skipped = 0
    traces = new Set()
    refusals = []
    for (const send of pages) send(event)
  }

  function start(): void {
    stopCapture = capture.listen((captured) => {
      if (messages.length < FEED_LIMITS.messages) messages.push(captured)
      else skipped += 1
    })
    timer = setInterval(flush, FEED_LIMITS.intervalMs)
    timer.unref()
  }

  function stop(): void {
    stopCapture()
    clearInterval(timer)
  }

  return {
    touched(traceId) {
      if (pages.size > 0 && traces.size < FEED_LIMITS.traces) traces.add(traceId)
    },
    refused(hop) {
      if (pages.size > 0 && refusals.length < FEED_LIMITS.refusals) refusals.push(hop)
    },
    listen(send) {
      if (pages.size === 0) start()
      pages.add(send)
      return () => {
        pages.delete(send)
        if (pages.size === 0) stop()
      }
    },
    get pages() {
      return pages.size
    },
  }
}
