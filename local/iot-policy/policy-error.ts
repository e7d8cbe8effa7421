export type PolicyErrorCode =
  | 'NOT_JSON'
  | 'MALFORMED'
  | 'UNKNOWN_ELEMENT'
  | 'UNKNOWN_OPERATOR'
  | 'UNKNOWN_VERSION'
  | 'INVALID_VALUE'

/**
 * Why a policy document was refused. `path` is the place in the document (`Statement[1].Condition.Bool`); the message
 * names policy, place and the statement's Sid, and says what was expected and what was found.
 */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'
  readonly code: PolicyErrorCode
  readonly policy: string
  readonly path: string

  constructor(
    code: PolicyErrorCode,
    place: { policy: string; path: string; sid?: string | undefined },
    reason: string,
  ) {
    const where = place.path === '' ? 'document' : place.path
    const sid = place.sid === undefined ? '' : ` (Sid ${JSON.stringify(place.sid)})`
    super(`policy ${JSON.stringify(place.policy)}, ${where}${sid}: ${reason}`)
    this.code = code
    this.policy = place.policy
    this.path = place.path
  }
}
