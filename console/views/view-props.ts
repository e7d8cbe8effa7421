import type { Live } from '../data/live.ts'

/** What every view is given: what comes in by itself, and what of it is looked at. */
export interface ViewProps {
  live: Live
  detail: string | undefined
}
