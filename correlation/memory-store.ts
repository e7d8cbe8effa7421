import { type CorrelationRecord, claimRefusal, isCompletedWith, replyOfExecution } from './record.ts'
import type { Claim, CorrelationStore } from './store.ts'

/** The store in a Map: for tests and for programs of one process. Same rules as the one on DynamoDB. */
export function createMemoryStore(options: { keptSeconds: number; nowMs?: () => number }): CorrelationStore {
  const records = new Map<string, CorrelationRecord>()
  const nowMs = options.nowMs ?? Date.now

  function live(key: string): CorrelationRecord | undefined {
    const record = records.get(key)
    return record && record.expires_at_seconds * 1000 > nowMs() ? record : undefined
  }

  return {
    async claim({ key, requestHash, owner, leaseMs, topicKey }) {
      const now = nowMs()
      const old = live(key)
      const free =
        !old ||
        (old.request_hash === requestHash &&
          (old.state === 'failed' || (old.state === 'pending' && (old.lease_until_ms <= now || old.owner === owner))))
      if (old && !free) return claimRefusal(old, requestHash)
      const { fence: lastFence = 0, generation = 0 } = records.get(key) ?? {}
      const fence = lastFence + 1
      records.set(key, {
        request_key: key,
        state: 'pending',
        request_hash: requestHash,
        topic_key: topicKey,
        owner,
        fence,
        generation,
        lease_until_ms: now + leaseMs,
        created_at_ms: records.get(key)?.created_at_ms ?? now,
        updated_at_ms: now,
        expires_at_seconds: Math.ceil(now / 1000) + options.keptSeconds,
      })
      return { state: 'claimed', claim: { key, owner, fence, generation } }
    },

    async complete(claim, state, reply) {
      const record = records.get(claim.key)
      if (record && isCompletedWith(record, claim, state, reply)) return true
      if (!isHeld(record, claim)) return false
      leavePending(record, { state, reply }, options.keptSeconds)
      return true
    },

    async abandon({ key, requestHash, owner, topicKey }, reply) {
      const now = nowMs()
      const record = live(key)
      const isOwn = record?.owner === owner && (record.state === 'pending' || record.state === 'failed')
      const isFailedToo = record?.state === 'failed' && record.request_hash === requestHash
      if (record && !isOwn && !isFailedToo) return false
      records.set(key, {
        request_key: key,
        state: 'failed',
        request_hash: requestHash,
        topic_key: topicKey,
        owner,
        fence: records.get(key)?.fence ?? 0,
        generation: records.get(key)?.fence ?? 0,
        lease_until_ms: 0,
        created_at_ms: records.get(key)?.created_at_ms ?? now,
        updated_at_ms: now,
        expires_at_seconds: Math.ceil(now / 1000) + options.keptSeconds,
        reply,
      })
      return true
    },

    async handOver(claim, execution, keptSeconds) {
      const record = records.get(claim.key)
      if (record?.execution === execution) return true
      if (!isHeld(record, claim)) return false
      leavePending(record, { state: 'running', execution }, keptSeconds)
      return true
    },

    async finish({ key, requestHash, execution, generation }, state, reply) {
      const record = records.get(key)
      if (record?.request_hash !== requestHash) return undefined
      const isRunning = record.state === 'running' && record.execution === execution
      const isStarted = record.state === 'pending' && record.generation === generation
      if (!isRunning && !isStarted) return replyOfExecution(record, execution)
      leavePending(record, { state, reply, execution }, options.keptSeconds)
      return reply
    },
  }

  function leavePending(record: CorrelationRecord, changes: Partial<CorrelationRecord>, keptSeconds: number): void {
    const now = nowMs()
    const expires = Math.ceil(now / 1000) + keptSeconds
    const times = { updated_at_ms: now, expires_at_seconds: expires }
    records.set(record.request_key, { ...record, ...changes, generation: record.fence, ...times })
  }
}

function isHeld(record: CorrelationRecord | undefined, { owner, fence }: Claim): record is CorrelationRecord {
  return record?.state === 'pending' && record.owner === owner && record.fence === fence
}
