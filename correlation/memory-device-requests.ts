import {
  beginsAnew,
  type DeviceRequestRecord,
  extendedDeadline,
  refusalToOpen,
  refusalToSettle,
} from './device-request-record.ts'
import type { DeviceRequests } from './device-requests.ts'

/** Requests to devices in a Map: for tests and for programs of one process. Same rules as those on DynamoDB. */
export function createMemoryDeviceRequests(options: { keptSeconds: number; nowMs?: () => number }): DeviceRequests {
  const records = new Map<string, DeviceRequestRecord>()
  const nowMs = options.nowMs ?? Date.now

  function live(key: string): DeviceRequestRecord | undefined {
    const record = records.get(key)
    return record && record.expires_at_seconds * 1000 > nowMs() ? record : undefined
  }

  function change(record: DeviceRequestRecord, changes: Partial<DeviceRequestRecord>): DeviceRequestRecord {
    const changed = { ...record, ...changes, updated_at_ms: nowMs() }
    records.set(record.request_key, changed)
    return changed
  }

  return {
    async open(request) {
      const now = nowMs()
      const old = live(request.key)
      const state = old && refusalToOpen(old, request.requestHash)
      if (old && state && (state === 'conflict' || !beginsAnew(old, request.completion))) {
        if (state === 'conflict' || old.state !== 'pending') return { state, record: old }
        const completion = request.completion && { completion: request.completion }
        return { state, record: change(old, { attempts: old.attempts + 1, ...completion }) }
      }
      const record: DeviceRequestRecord = {
        request_key: request.key,
        state: 'pending',
        request_hash: request.requestHash,
        client_id: request.clientId,
        correlation_id: request.correlationId,
        topic: request.topic,
        answer_topic: request.answerTopic,
        asked_by: request.askedBy,
        attempts: 1,
        created_at_ms: now,
        updated_at_ms: now,
        deadline_ms: now + request.waitMs,
        wait_ms: request.waitMs,
        ends_at_ms: now + request.longestWaitMs,
        expires_at_seconds: Math.ceil((now + request.longestWaitMs) / 1000) + options.keptSeconds,
        ...(request.completion && { completion: request.completion }),
      }
      records.set(request.key, record)
      return { state: 'opened', record }
    },

    async find(key) {
      return live(key)
    },

    async settle(key, settlement) {
      const record = live(key)
      const isOpen = record?.state === 'pending' && record.deadline_ms > settlement.atMs
      if (!isOpen || record.answer_topic !== settlement.answerTopic) {
        return { state: refusalToSettle(record, settlement), record }
      }
      const { state, outcome, answerId } = settlement
      return { state: 'stored', record: change(record, { state, outcome, answer_id: answerId }) }
    },

    async extend(key, { answerTopic, atMs }) {
      const record = live(key)
      if (record?.answer_topic !== answerTopic) return { state: 'unknown', record }
      if (record.state !== 'pending' || record.deadline_ms <= atMs) return { state: 'late', record }
      const deadline = Math.max(record.deadline_ms, extendedDeadline(record, atMs))
      return { state: 'extended', record: change(record, { deadline_ms: deadline }) }
    },

    async expire(key, outcome) {
      const record = live(key)
      if (record?.state !== 'pending' || record.deadline_ms > nowMs()) return record
      return change(record, { state: 'expired', outcome })
    },

    async markResumed(key) {
      const record = live(key)
      if (record) change(record, { resumed_at_ms: nowMs() })
    },
  }
}
