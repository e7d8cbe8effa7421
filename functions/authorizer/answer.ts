import { createHash } from 'node:crypto'
import { type PolicyDocument, TOKEN_LIMITS } from '#contract/index.ts'

/** https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html */
export interface AuthorizerAnswer {
  isAuthenticated: boolean
  /**
   * Alphanumeric, at most 128 characters: a client id may hold more, so it is hashed. With a client certificate it must be the
   * certificate's id. https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-509cert.html
   */
  principalId: string
  policyDocuments: PolicyDocument[]
  disconnectAfterInSeconds: number
  refreshAfterInSeconds: number
}

/** Lets a client in for the rest of its token's life, within the range of the service. */
export function accept(
  clientId: string,
  policyDocuments: PolicyDocument[],
  remainingSeconds: number,
  certificateId?: string,
): AuthorizerAnswer {
  const { minConnectionSeconds, maxConnectionSeconds } = TOKEN_LIMITS
  const seconds = Math.min(maxConnectionSeconds, Math.max(minConnectionSeconds, Math.ceil(remainingSeconds)))
  return {
    isAuthenticated: true,
    principalId: certificateId ?? createHash('sha256').update(clientId).digest('hex'),
    policyDocuments,
    disconnectAfterInSeconds: seconds,
    // the same event would be judged again; its token has expired by then, so there is nothing to refresh before the end
    refreshAfterInSeconds: seconds,
  }
}

/** Says nothing of the reason: that stands in the log. */
export function refuse(): AuthorizerAnswer {
  return {
    isAuthenticated: false,
    principalId: 'refused',
    policyDocuments: [],
    disconnectAfterInSeconds: TOKEN_LIMITS.minConnectionSeconds,
    refreshAfterInSeconds: TOKEN_LIMITS.minConnectionSeconds,
  }
}
