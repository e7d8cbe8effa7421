/**
 * Exactly one outcome for a request. A key belongs to one client, so nobody can answer or read another client's request.
 * Times are epoch milliseconds unless a name says seconds.
 */

/** Who holds a claim: the Lambda request id of the attempt, and a fence that rises with every claim. */
export interface Claim {
  key: string
  owner: string
  fence: number
  /** The same for every claim of a request until it is answered, fails or is handed over: what the start of a workflow is made idempotent with. */
  generation: number
}

/** The execution of a workflow that answers a request, and what it was started for. */
export interface Execution {
  key: string
  requestHash: string
  execution: string
  /** Of the claim under which it was started. */
  generation: number
}

export interface ClaimRequest {
  key: string
  /** SHA-256 of topic and canonical payload: tells a repeat from another request under the same key. */
  requestHash: string
  owner: string
  /** How long the claim holds without being completed. */
  leaseMs: number
  /** Key of its topic in the contract: tells who looks at the record, and events, what was asked. */
  topicKey?: string | undefined
}

/**
 * `claimed`: run the handler. `replay`: it was answered, send the stored reply. `inFlight`: another attempt holds it.
 * `deferred`: a workflow will answer. `conflict`: the key was used for another request.
 */
export type ClaimResult =
  | { state: 'claimed'; claim: Claim }
  | { state: 'replay'; reply: string }
  | { state: 'inFlight' }
  | { state: 'deferred' }
  | { state: 'conflict' }

export interface CorrelationStore {
  /**
   * One conditional write. Succeeds for a new key, an expired record, a failed one, a run-out lease, and for the same owner
   * again: a redelivered attempt takes over at once with a new fence, and the old fence can no longer complete.
   */
  claim(request: ClaimRequest): Promise<ClaimResult>
  /**
   * One conditional write on owner and fence. `completed`: the reply stands and later repeats get it. `failed`: it stands, but a repeat
   * may claim again. Returns false when the claim was lost; the caller must then say nothing. Telling the same again changes nothing
   * and returns true.
   */
  complete(claim: Claim, state: 'completed' | 'failed', reply: string): Promise<boolean>
  /**
   * For an attempt that ended without a word (timeout, crash, never run): stores the error reply if nothing is recorded or the
   * owner's claim is still pending, or failed already: whoever stored the error and could not send it tries again. Returns false
   * otherwise; the caller must then say nothing.
   */
  abandon(request: Omit<ClaimRequest, 'leaseMs'>, reply: string): Promise<boolean>
  /**
   * `running`: an execution has the request from here on, and repeats are deferred for `keptSeconds`, after which one may claim again. One
   * conditional write on owner and fence. True as well when the execution has it already, or has even answered; false when the claim was lost.
   */
  handOver(claim: Claim, execution: string, keptSeconds: number): Promise<boolean>
  /**
   * Ends a request that an execution has, also one whose starter died before it could hand it over. One conditional write. Returns the reply
   * that stands for this execution, which on a repeat is the first one; undefined when the request is no longer the execution's: the caller
   * must then say nothing.
   */
  finish(execution: Execution, state: 'completed' | 'failed', reply: string): Promise<string | undefined>
}
