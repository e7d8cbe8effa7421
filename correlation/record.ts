import type { Claim, ClaimResult } from './store.ts'

/**
 * One record of the correlation table. Attribute names as stored; numbers are epoch milliseconds, `expires_at_seconds` (the
 * table's TTL attribute) epoch seconds.
 */
export interface CorrelationRecord {
  request_key: string
  state: 'pending' | 'running' | 'completed' | 'failed'
  request_hash: string
  /** Key of its topic in the contract. */
  topic_key?: string | undefined
  owner: string
  fence: number
  /** The fence under which the key last left `pending`; names the execution that a claim of it starts. */
  generation: number
  lease_until_ms: number
  created_at_ms: number
  updated_at_ms: number
  expires_at_seconds: number
  /** The reply as text, in the writer's own form, once there is one. */
  reply?: string
  /** The execution that has it, or has answered it. */
  execution?: string
}

/** What a record that stands in the way of a claim means to the one who wanted it. */
export function claimRefusal(record: CorrelationRecord, requestHash: string): ClaimResult {
  if (record.request_hash !== requestHash) return { state: 'conflict' }
  if (record.state === 'completed' && record.reply !== undefined) return { state: 'replay', reply: record.reply }
  if (record.state === 'running') return { state: 'deferred' }
  return { state: 'inFlight' }
}

/**
 * Tells whether a record is what this very completion makes of it: a write whose confirmation got lost is sent again and
 * then meets itself.
 */
export function isCompletedWith(
  record: CorrelationRecord,
  claim: Claim,
  state: 'completed' | 'failed',
  reply: string,
): boolean {
  return (
    record.owner === claim.owner && record.fence === claim.fence && record.state === state && record.reply === reply
  )
}

/** The reply that an execution has stored, whichever of its attempts it was. */
export function replyOfExecution(record: CorrelationRecord, execution: string): string | undefined {
  return record.execution === execution ? record.reply : undefined
}
