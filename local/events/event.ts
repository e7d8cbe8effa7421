import type { JsonValue } from '../lambda/index.ts'

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html */
export interface BusEvent {
  version: '0'
  id: string
  'detail-type': string
  source: string
  account: string
  /** ISO 8601, in seconds. */
  time: string
  region: string
  resources: string[]
  detail: Record<string, JsonValue>
}

/** To the second, as events have it. */
export function eventTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
