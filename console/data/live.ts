import { useEffect, useState } from 'preact/hooks'
import type { FeedEvent, Hop, MessageRow } from '#cli/console/wire.ts'
import { ask, follow } from './server.ts'

/** Messages that a page keeps; the server has more. */
export const KEPT_MESSAGES = 2_000
const KEPT_REFUSALS = 300

/** What the feed has brought so far. One object, changed in place: `version` says that it has. */
export interface Live {
  version: number
  isLive: boolean
  messages: MessageRow[]
  /** Messages that came too fast to be shown. */
  skipped: number
  refusals: Hop[]
  /** How often each trace got new steps. */
  touched: Map<string, number>
}

/** Follows the feed as long as the page is open; draws at most once a frame. */
export function useLive(): Live {
  const [live, setLive] = useState<Live>(nothing)

  useEffect(() => {
    const end = new AbortController()
    let state = nothing()
    let isDrawn = true
    const draw = () => {
      if (!isDrawn) return
      isDrawn = false
      requestAnimationFrame(() => {
        isDrawn = true
        setLive({ ...state, version: state.version })
      })
    }
    const change = (next: Partial<Live>) => {
      state = { ...state, ...next, version: state.version + 1 }
      draw()
    }
    void Promise.all([ask<MessageRow[]>(`/messages?limit=1000`), ask<Hop[]>('/refusals')])
      .then(([messages, refusals]) =>
        change({ messages: [...messages, ...state.messages], refusals: refusals.toReversed() }),
      )
      .catch(() => change({ isLive: false }))
    void follow(end.signal, {
      event: (event) => change(taken(state, event)),
      state: (isLive) => change({ isLive }),
    })
    return () => end.abort()
  }, [])

  return live
}

function nothing(): Live {
  return { version: 0, isLive: false, messages: [], skipped: 0, refusals: [], touched: new Map() }
}

function taken(state: Live, { messages, skipped, refusals, traces }: FeedEvent): Partial<Live> {
  const last = state.messages.at(-1)?.id ?? 0
  const fresh = messages.filter(({ id }) => id > last)
  const touched = new Map([...state.touched].slice(-500))
  for (const traceId of traces) touched.set(traceId, (touched.get(traceId) ?? 0) + 1)
  return {
    messages: fresh.length > 0 ? [...state.messages, ...fresh].slice(-KEPT_MESSAGES) : state.messages,
    skipped: state.skipped + skipped,
    refusals: refusals.length > 0 ? [...state.refusals, ...refusals].slice(-KEPT_REFUSALS) : state.refusals,
    touched,
  }
}
