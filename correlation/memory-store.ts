import { type CorrelationRecord, claimRefusal, isCompletedWith } from './record.ts'
import type { CorrelationStore } from './store.ts'

/** The store in a Map: for tests and for programs of one process. Same rules as the one on DynamoDB. */
export function createMemoryStore(options: { keptSeconds: number; nowMs?: () => number }): CorrelationStore {
  const records = new Map<string, CorrelationRecord>()
  const nowMs = options.nowMs ?? Date.now

  function live(key: string): CorrelationRecord | undefined {
    const record = records.get(key)
    return record && record.expires_at_seconds * 1000 > nowMs() ? record : undefined
  }

  return {
    async claim({ key, requestHash, owner, leaseMs }) {
      const now = nowMs()
      const old = live(key)
      const free =
        !old ||
        (old.request_hash === requestHash &&
          (old.state === 'failed' || (old.state === 'pending' && (old.lease_until_ms <= now || old.owner === owner))))
      if (old && !free) return claimRefusal(old, requestHash)
      const fence = (records.get(key)?.fence ?? 0) + 1
      records.set(key, {
        request_key: key,
        state: 'pending',
        request_hash: requestHash,
        owner,
        fence,
        lease_until_ms: now + leaseMs,
        created_at_ms: records.get(key)?.created_at_ms ?? now,
        updated_at_ms: now,
        expires_at_seconds: Math.ceil(now / 1000) + options.keptSeconds,
      })
      return { state: 'claimed', claim: { key, owner, fence } }
    },

    async complete({ key, owner, fence }, state, reply) {
      const now = nowMs()
      const record = records.get(key)
      if (record && isCompletedWith(record, { key, owner, fence }, state, reply)) return true
      if (record?.state !== 'pending' || record.owner !== owner || record.fence !== fence) return false
      const expires = Math.ceil(now / 1000) + options.keptSeconds
      records.set(key, { ...record, state, reply, updated_at_ms: now, expires_at_seconds: expires })
      return true
    },

    async abandon({ key, requestHash, owner }, reply) {
      const now = nowMs()
      const record = live(key)
      const isOwn = record?.owner === owner && (record.state === 'pending' || record.state === 'failed')
      const isFailedToo = record?.state === 'failed' && record.request_hash === requestHash
      if (record && !isOwn && !isFailedToo) return false
      records.set(key, {
        request_key: key,
        state: 'failed',
        request_hash: requestHash,
        owner,
        fence: records.get(key)?.fence ?? 0,
        lease_until_ms: 0,
        created_at_ms: records.get(key)?.created_at_ms ?? now,
        updated_at_ms: now,
        expires_at_seconds: Math.ceil(now / 1000) + options.keptSeconds,
        reply,
      })
      return true
    },
  }
}
