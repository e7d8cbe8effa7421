import { isUtf8 } from 'node:buffer'
import { TRACEPARENT, traceIdOf, traceIdOfUuid } from '#contract/index.ts'
import type { BrokerObserver } from '#local/index.ts'
import { createRing } from './ring.ts'
import type { MessageDetails, MessageRow } from './wire.ts'

/** What is kept of messages: the latest, in memory alone. */
export const CAPTURE_LIMITS = { messages: 5_000, bytes: 32 * 1024 * 1024, previewCharacters: 160 } as const

type Published = Parameters<BrokerObserver['published']>[0]

interface Captured {
  id: number
  atMs: number
  message: Published
}

export interface Capture {
  add(message: Published): void
  /** Calls back for each message until the returned function is called. */
  listen(listener: (captured: Captured) => void): () => void
  rows(limit: number): MessageRow[]
  find(id: number): MessageDetails | undefined
  rowOf(captured: Captured): MessageRow
  /** The ids of correlation records by the trace of the message that made them. */
  requestKeys(): Map<string, string>
}

/** Keeps messages with their payloads. What a client sends at CONNECT is no message: no token is ever here. */
export function createCapture(nowMs: () => number = Date.now): Capture {
  const ring = createRing<Captured>({ items: CAPTURE_LIMITS.messages, weight: CAPTURE_LIMITS.bytes })
  const listeners = new Set<(captured: Captured) => void>()
  let ids = 0

  function rowOf({ id, atMs, message }: Captured): MessageRow {
    const { topic, clientId, origin, qos, payload } = message
    return {
      id,
      atMs,
      traceId: traceOf(message),
      topic,
      ...(origin === 'client' && { clientId }),
      qos,
      bytes: payload.length,
      preview: previewOf(message),
    }
  }

  return {
    add(message) {
      ids += 1
      const captured = { id: ids, atMs: nowMs(), message }
      ring.push(captured, message.payload.length)
      for (const listener of listeners) listener(captured)
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    rowOf,
    rows: (limit) => ring.items().slice(-limit).map(rowOf),
    find(id) {
      const captured = ring.items().find((one) => one.id === id)
      if (!captured) return undefined
      const { retain, payload, properties } = captured.message
      const { correlationData, ...rest } = properties
      return {
        ...rowOf(captured),
        retain,
        payload: isUtf8(payload) ? { text: payload.toString() } : { base64: payload.toString('base64') },
        properties: { ...rest, ...(correlationData && { correlationData: correlationData.toString('base64') }) },
      }
    },
    requestKeys() {
      const keys = new Map<string, string>()
      for (const { message } of ring.items()) {
        const traceId = traceOf(message)
        const correlationId = message.origin === 'client' ? metadataOf(message.payload)?.correlation_id : undefined
        if (traceId !== undefined && typeof correlationId === 'string')
          keys.set(traceId, `${message.clientId}#${correlationId}`)
      }
      return keys
    },
  }
}

function traceOf({ properties, payload, traceId }: Published): string | undefined {
  const property = properties.userProperties?.find(([name]) => name === TRACEPARENT)?.[1]
  return traceIdOf(property) ?? traceIdOf(metadataOf(payload)?.[TRACEPARENT]) ?? traceIdOfUuid(traceId)
}

function metadataOf(payload: Buffer): Record<string, unknown> | undefined {
  return envelopeOf(payload)?.metadata as Record<string, unknown> | undefined
}

function envelopeOf(payload: Buffer): { payload?: unknown; metadata: object } | undefined {
  if (!payload.includes('"metadata"')) return undefined
  try {
    const envelope = JSON.parse(payload.toString()) as { payload?: unknown; metadata?: unknown }
    const { metadata } = envelope
    return metadata !== null && typeof metadata === 'object' ? { ...envelope, metadata } : undefined
  } catch {
    return undefined
  }
}

/** The payload of an envelope, which is what people look for. */
function previewOf({ payload }: Published): string {
  const { previewCharacters } = CAPTURE_LIMITS
  const envelope = envelopeOf(payload)
  if (envelope?.payload !== undefined) return JSON.stringify(envelope.payload).slice(0, previewCharacters)
  // a character may take four bytes
  const text = payload.toString('utf8', 0, previewCharacters * 4).slice(0, previewCharacters)
  return text.includes('\ufffd') && !isUtf8(payload) ? `${payload.length} bytes that are no text` : text
}
