import * as z from 'zod'
import { ruleName, ruleSql } from './rules.ts'

/**
 * What IoT Core tells when a client comes and goes, as far as it is used.
 * https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html
 */
export const lifecycleEventSchema = z.object({
  clientId: z.string().min(1),
  /** Epoch milliseconds. */
  timestamp: z.int(),
  eventType: z.enum(['connected', 'disconnected']),
  sessionIdentifier: z.string().optional(),
  ipAddress: z.string().optional(),
  /** The same for the beginning and the end of a connection, higher for the next, and from 0 again when a client was gone for an hour. */
  versionNumber: z.int().min(0).default(0),
  disconnectReason: z.string().optional(),
})

export type LifecycleEvent = z.infer<typeof lifecycleEventSchema>

/**
 * The last that is known of a client. `state` is what the broker said last. `announced` is what others are told: a disconnection only once it has
 * lasted, so that a device which renews its token is never away.
 */
export const presenceRecordSchema = z.object({
  client_id: z.string(),
  state: z.enum(['connected', 'disconnected']),
  announced: z.enum(['connected', 'disconnected']),
  /** Of the last event; see {@link eventOrder}. */
  event_order: z.number(),
  at_ms: z.number(),
  connected_at_ms: z.number().optional(),
  session_id: z.string().optional(),
  ip_address: z.string().optional(),
  disconnect_reason: z.string().optional(),
})

export type PresenceRecord = z.infer<typeof presenceRecordSchema>

/** A disconnection that is looked at again later: what the record must still say then. */
export const presenceCheckSchema = z.object({
  client_id: z.string().min(1),
  event_order: z.number(),
  at_ms: z.number(),
})

export type PresenceCheck = z.infer<typeof presenceCheckSchema>

export const PRESENCE_LIMITS = {
  /** A client that is back within this was never away. A planned reconnect takes a second, one after a lost network some more. */
  graceSeconds: 30,
  /**
   * Events closer than this are ordered by their version, others by their time: versions begin anew after about an hour, and clocks of the
   * service differ by less.
   */
  sameVersionsMs: 30 * 60 * 1_000,
  /** A check that fails is tried this often before it goes to the dead-letter queue. */
  checkAttempts: 5,
} as const

/** Rises with every event of a client within one count of versions: the end of a connection comes after its beginning. */
export function eventOrder({ versionNumber, eventType }: LifecycleEvent): number {
  return versionNumber * 2 + (eventType === 'disconnected' ? 1 : 0)
}

/** The rules that listen to connections, in the form of those of the topics. Failed connects, which stand beside them, are not presence. */
export function presenceRules(prefix: string): { name: string; topicFilter: string; sql: string }[] {
  return (['connected', 'disconnected'] as const).map((eventType) => {
    const topicFilter = `$aws/events/presence/${eventType}/+`
    return { name: ruleName(prefix, `presence/${eventType}`), topicFilter, sql: ruleSql(topicFilter) }
  })
}
