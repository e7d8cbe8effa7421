import type { Context } from 'aws-lambda'
import { createEnvelope, type DeviceRecord, type Json, type Metadata, type Outcome } from '#contract/index.ts'
import { type CorrelationStore, createMemoryStore } from '#correlation/index.ts'
import { bridgeHandler, type DeviceDirectory, type Observer, type Routes } from '#functions/shared/index.ts'

/** When the broker takes the messages of these tests; a handler's clock stands a moment later. */
export const NOW_MS = Date.UTC(2026, 4, 20, 12)

/** An observer that keeps what it is told. */
export function recordingObserver() {
  const lines: { level: 'info' | 'warn' | 'error'; event: string; fields: Readonly<Record<string, unknown>> }[] = []
  const counts: Record<string, number> = {}
  const at =
    (level: 'info' | 'warn' | 'error') =>
    (event: string, fields: Readonly<Record<string, unknown>> = {}) => {
      lines.push({ level, event, fields })
    }
  const observer: Observer = {
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    count: (metric, by = 1) => {
      counts[metric] = (counts[metric] ?? 0) + by
    },
    measure: () => {},
    flush: () => {},
  }
  return { observer, lines, counts }
}

/** A directory of the given records. */
export function directoryOf(...records: Partial<DeviceRecord>[]): DeviceDirectory {
  const devices = records.map((record) => deviceRecord(record))
  return { find: async (clientId) => devices.find(({ client_id }) => client_id === clientId) }
}

export function deviceRecord(record: Partial<DeviceRecord>): DeviceRecord {
  return {
    client_id: 'c1',
    role: 'agent',
    status: 'active',
    key_version: 1,
    not_before_seconds: 0,
    certificate_ids: [],
    ...record,
  }
}

export interface Message {
  payload: unknown
  topic?: string
  /** One outside the root. */
  absoluteTopic?: string
  clientId?: string
  metadata?: Partial<Metadata>
  receivedAtMs?: number
  remainingMs?: number
  /** The bytes on the wire, in place of an envelope. */
  bytes?: string | Buffer
}

/** Runs messages through the whole chain of a function, as a topic rule would bring them. */
export function createChain(
  routes: Routes,
  options: { topic: string; correlation?: CorrelationStore; observer?: Observer; sharedReplies?: string[] },
) {
  const nowMs = () => NOW_MS + 5
  const correlation = options.correlation ?? createMemoryStore({ keptSeconds: 3_600, nowMs })
  const handler = bridgeHandler(routes, {
    settings: { root: 'jamey', sharedReplies: options.sharedReplies ?? [] },
    correlation,
    observer: options.observer ?? recordingObserver().observer,
    component: 'test',
    nowMs,
  })
  return async (message: Message): Promise<Outcome> => {
    const topic = message.absoluteTopic ?? `jamey/${message.topic ?? options.topic}`
    const envelope = createEnvelope(
      { topic, payload: message.payload as Json, metadata: message.metadata ?? {} },
      { messageId: crypto.randomUUID(), nowMs: NOW_MS },
    )
    const event = {
      payload: Buffer.from(message.bytes ?? JSON.stringify(envelope)).toString('base64'),
      topic,
      client_id: message.clientId ?? 'c1',
      received_at_ms: message.receivedAtMs ?? NOW_MS,
    }
    return handler(event, contextWith(message.remainingMs ?? 9_000))
  }
}

/** The first message of an outcome, by where it goes and what it says. */
export function answerOf(outcome: Outcome) {
  if (outcome.outcome !== 'reply' && outcome.outcome !== 'replay')
    throw new Error(`got no reply but ${outcome.outcome}`)
  const [message] = outcome.messages
  return {
    outcome: outcome.outcome,
    topic: message?.topic,
    status: message?.envelope.metadata.status,
    payload: message?.envelope.payload as Record<string, Json>,
  }
}

/** The code of an error reply. */
export function codeOf(outcome: Outcome): Json | undefined {
  const { status, payload } = answerOf(outcome)
  return status === 'error' ? payload.code : `status ${String(status)}`
}

function contextWith(remainingMs: number): Context {
  const context: Partial<Context> = {
    awsRequestId: crypto.randomUUID(),
    getRemainingTimeInMillis: () => remainingMs,
  }
  return context as Context
}
