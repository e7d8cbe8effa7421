import { type CompiledPolicy, compilePolicy } from '../iot-policy/index.ts'

/** Limits of an answer. https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
const LIMITS = { documents: 10, charactersPerDocument: 2_048, minSeconds: 300, maxSeconds: 86_400 } as const
/** Of an answer without disconnectAfterInSeconds. What holds without refreshAfterInSeconds is not documented; here: no refresh. */
const DEFAULT_DISCONNECT_AFTER_SECONDS = 86_400
const PRINCIPAL_ID = /^[a-zA-Z0-9]{1,128}$/

export type CheckedAnswer =
  | {
      ok: true
      principalId: string
      policies: CompiledPolicy[]
      disconnectAfterSeconds: number
      /** Absent: the policies hold until the end. */
      refreshAfterSeconds?: number
    }
  | { ok: false; reason: string }

/**
 * Holds what an authorizer returned against what the service accepts; a faulty answer lets nobody in and says why. Beside a client certificate,
 * which has policies of its own, the documents may be left out.
 */
export function checkAuthorizerAnswer(
  answer: unknown,
  { policiesOptional = false }: { policiesOptional?: boolean } = {},
): CheckedAnswer {
  const refuse = (reason: string): CheckedAnswer => ({ ok: false, reason })
  if (answer === null || typeof answer !== 'object') return refuse('the authorizer answered no object')
  const { isAuthenticated, principalId, disconnectAfterInSeconds, refreshAfterInSeconds, ...rest } = answer as Record<
    string,
    unknown
  >
  const policyDocuments = rest.policyDocuments ?? (policiesOptional ? [] : undefined)
  if (isAuthenticated !== true) return refuse('the authorizer refused')
  if (typeof principalId !== 'string' || !PRINCIPAL_ID.test(principalId)) {
    return refuse(`the authorizer's principalId does not fit ${PRINCIPAL_ID.source}`)
  }
  for (const [name, value] of Object.entries({ disconnectAfterInSeconds, refreshAfterInSeconds })) {
    if (value === undefined) continue
    if (typeof value !== 'number' || value < LIMITS.minSeconds || value > LIMITS.maxSeconds) {
      return refuse(`the authorizer's ${name} is not between ${LIMITS.minSeconds} and ${LIMITS.maxSeconds}`)
    }
  }
  if (!Array.isArray(policyDocuments) || policyDocuments.length > LIMITS.documents) {
    return refuse(`the authorizer's policyDocuments is no list of at most ${LIMITS.documents}`)
  }
  const policies: CompiledPolicy[] = []
  for (const [index, document] of policyDocuments.entries()) {
    const characters = JSON.stringify(document).replace(/\s/g, '').length
    if (characters > LIMITS.charactersPerDocument) {
      return refuse(`policy document ${index} takes ${characters} of ${LIMITS.charactersPerDocument} characters`)
    }
    try {
      policies.push(compilePolicy(document, `document ${index}`))
    } catch (error) {
      return refuse(`policy document ${index}: ${error instanceof Error ? error.message : 'not valid'}`)
    }
  }
  return {
    ok: true,
    principalId,
    policies,
    disconnectAfterSeconds: Number(disconnectAfterInSeconds ?? DEFAULT_DISCONNECT_AFTER_SECONDS),
    ...(refreshAfterInSeconds !== undefined && { refreshAfterSeconds: Number(refreshAfterInSeconds) }),
  }
}
