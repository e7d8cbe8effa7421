import type { Clock } from '../state/index.ts'
import type { DisconnectReason } from './disconnect-reason.ts'

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetConnection.html: told for this long after the end. */
const KEPT_AFTER_DISCONNECT_MS = 30 * 60 * 1_000

/** What a connection was like. */
export type RecordedConnection = {
  keepAliveSeconds: number
  /** 0: the session ends with the connection. */
  sessionExpirySeconds: number
  /** Of the principal, when there is one. */
  thingName?: string
  socket: SocketFacts
}

export type SocketFacts = { sourceIp: string; sourcePort?: number; targetIp?: string; targetPort?: number }

/** The last that is known of a client id. Times are epoch milliseconds. */
export type ConnectionRecord = RecordedConnection &
  (
    | { connected: true; connectedAtMs: number }
    | { connected: false; disconnectedAtMs: number; disconnectReason: DisconnectReason }
  )

/** The last connection of each client id, until half an hour after its end. */
export type ConnectionRecords = {
  connected(clientId: string, connection: RecordedConnection): void
  disconnected(clientId: string, disconnectReason: DisconnectReason): void
  find(clientId: string): ConnectionRecord | undefined
}

export function createConnectionRecords(clock: Clock): ConnectionRecords {
  /** Ended ones stand in the order of their end, after `disconnected` has put them there. */
  const records = new Map<string, ConnectionRecord>()

  function forgetOld(): void {
    const beforeMs = clock.nowMs() - KEPT_AFTER_DISCONNECT_MS
    for (const [clientId, record] of records) {
      if (record.connected) continue
      if (record.disconnectedAtMs > beforeMs) return
      records.delete(clientId)
    }
  }

  return {
    connected(clientId, connection) {
      records.delete(clientId)
      records.set(clientId, { ...connection, connected: true, connectedAtMs: clock.nowMs() })
    },
    disconnected(clientId, disconnectReason) {
      forgetOld()
      const record = records.get(clientId)
      if (!record) return
      const { keepAliveSeconds, sessionExpirySeconds, thingName, socket } = record
      const kept = { keepAliveSeconds, sessionExpirySeconds, socket, ...(thingName !== undefined && { thingName }) }
      records.delete(clientId)
      records.set(clientId, { ...kept, connected: false, disconnectedAtMs: clock.nowMs(), disconnectReason })
    },
    find(clientId) {
      forgetOld()
      return records.get(clientId)
    },
  }
}
