import * as z from 'zod'

/** `source` of every event on the bus of a deployment. */
export const EVENT_SOURCE = 'mqtt-cloud-bridge'

const facts = z.object({
  /** The same whenever the event is delivered again, which a bus may do. */
  event_id: z.string().min(1).describe('the same whenever the event is delivered again'),
  /** When it happened. */
  at: z.iso.datetime().describe('when it happened'),
  client_id: z.string().min(1).describe('the MQTT client id of the device'),
})

const request = facts.extend({
  request_id: z
    .string()
    .min(1)
    .describe('the correlation id, or the message id where there was none; hashed when it is no UUID'),
  topic_key: z.string().nullable().describe('the topic in the contract, null when it is not known'),
  attempt: z.int().min(0).describe('counts how often a function took the request'),
})

/**
 * What others are told, by `detail-type`; the schema is that of `detail`. No event has content of users: who needs it asks the bridge for it.
 */
export const EVENTS = {
  'Request Received': request,
  'Request Completed': request.extend({
    duration_ms: z.int().min(0).describe('since the request was first received'),
  }),
  'Request Failed': request.extend({
    code: z.string().min(1).describe('a code of docs/ERRORS.md, or "unknown"'),
    duration_ms: z.int().min(0).describe('since the request was first received'),
  }),
  'Request Expired': request.extend({
    state: z.enum(['pending', 'running']).describe('how far it had come when its record ended without an answer'),
  }),
  'Device Connected': facts.extend({
    session_id: z.string().nullable().describe('the session of IoT Core'),
  }),
  'Device Disconnected': facts.extend({
    session_id: z.string().nullable().describe('the session of IoT Core'),
    reason: z.string().nullable().describe('the disconnect reason of IoT Core'),
  }),
} as const

export type EventType = keyof typeof EVENTS
export const EVENT_TYPES = Object.keys(EVENTS) as EventType[]

/** One event, before it is put on the bus. */
export type BridgeEvent = { [Type in EventType]: { type: Type; detail: z.infer<(typeof EVENTS)[Type]> } }[EventType]

/** Reads an event that was put back by hand. */
export const bridgeEventSchema = z.union(
  EVENT_TYPES.map((type) => z.object({ type: z.literal(type), detail: EVENTS[type] })),
) as unknown as z.ZodType<BridgeEvent>
