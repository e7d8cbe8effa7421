import { traceIdOfUuid } from '#contract/trace-context.ts'
import type { BrokerObserver, InboundMessage, Message } from '../broker/index.ts'
import type { Hop } from './hop.ts'
import type { TraceRecorder } from './recorder.ts'
import { traceIdOfMessage } from './trace-ids.ts'

type Step = Omit<Hop, 'traceId' | 'atMs'>

/** Who a message comes from when no client sent it. */
const CLOUD = 'cloud'

/** Records what becomes of connections and messages at the broker. A connection is a trace of its own, by its id. */
export function createBrokerHops(recorder: TraceRecorder, nowMs: () => number): BrokerObserver {
  function record(traceId: string | undefined, step: Step): void {
    if (traceId !== undefined) recorder.record({ traceId, atMs: nowMs() - (step.durationMs ?? 0), ...step })
  }

  function onConnection(
    { connectionId, clientId }: { connectionId: string; clientId: string },
    step: Omit<Step, 'subject'>,
  ) {
    record(traceIdOfUuid(connectionId), { subject: clientId, clientId, ...step })
  }

  function onMessage(message: Message, step: Step): void {
    record(traceIdOfMessage(message), { topic: message.topic, ...step })
  }

  return {
    connected({ durationMs, reason, protocolVersion, ...connection }) {
      onConnection(connection, { kind: 'connect', outcome: 'ok', reason, durationMs, facts: { protocolVersion } })
    },
    connectRefused({ durationMs, reason, reasonCode, protocolVersion, ...connection }) {
      const facts = { protocolVersion, reasonCode }
      onConnection(connection, { kind: 'connect', outcome: 'refused', reason, durationMs, facts })
    },
    disconnected({ disconnectReason, reason, ...connection }) {
      onConnection(connection, { kind: 'disconnect', outcome: 'ok', reason, facts: { disconnectReason } })
    },
    subscribed({ filter, qos, reason, ...connection }) {
      onConnection(connection, { kind: 'subscribe', outcome: 'ok', topic: filter, reason, facts: { qos } })
    },
    subscribeRefused({ filter, reason, reasonCode, ...connection }) {
      onConnection(connection, { kind: 'subscribe', outcome: 'refused', topic: filter, reason, facts: { reasonCode } })
    },
    unsubscribed({ filter, ...connection }) {
      onConnection(connection, { kind: 'unsubscribe', outcome: 'ok', topic: filter })
    },
    published(message, { reason, connectionId }) {
      const connection = traceIdOfUuid(connectionId)
      const ownId = traceIdOfUuid(message.traceId)
      const traceId = traceIdOfMessage(message)
      // what a rule hands on may name the broker's id alone
      if (ownId !== undefined && traceId !== undefined && ownId !== traceId) recorder.link(ownId, traceId)
      onMessage(message, {
        kind: 'publish',
        outcome: 'ok',
        ...senderOf(message),
        ...(reason !== undefined && { reason }),
        facts: {
          qos: message.qos,
          bytes: message.payload.length,
          ...(message.retain && { retain: true }),
          ...(connection !== undefined && { connection }),
        },
      })
    },
    publishRefused({ topic, reason, reasonCode, ...connection }) {
      onConnection(connection, { kind: 'publish', outcome: 'refused', topic, reason, facts: { reasonCode } })
    },
    accepted(message) {
      onMessage(message, { kind: 'acknowledge', outcome: 'ok', ...senderOf(message), facts: { by: 'broker' } })
    },
    delivered(message, { clientId, qos }) {
      onMessage(message, { kind: 'deliver', outcome: 'ok', subject: clientId, clientId, facts: { qos } })
    },
    acknowledged(message, { clientId }) {
      onMessage(message, { kind: 'acknowledge', outcome: 'ok', subject: clientId, clientId, facts: { by: 'client' } })
    },
    dropped(message, { clientId, reason }) {
      onMessage(message, { kind: 'drop', outcome: 'refused', subject: clientId, clientId, reason })
    },
  }
}

function senderOf({ origin, clientId }: InboundMessage): { subject: string; clientId?: string } {
  return origin === 'client' ? { subject: clientId, clientId } : { subject: CLOUD }
}
