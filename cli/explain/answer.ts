import type { DecisionRecord } from '#contract/index.ts'
import type { Terminal } from '../terminal.ts'
import type { ReadToken, Signature } from './token.ts'

/** The decision, with what it was worked out from. */
export interface Answer extends DecisionRecord {
  role: string
  token?: TokenFacts
  /** With a token: what the deployment says of it, or that it was not asked. */
  record?: string
  authorizer?: string
}

type TokenFacts = Signature & {
  kid: string | undefined
  issuedAtSeconds: number
  expiresAtSeconds: number
  permissions: readonly string[]
}

export function tokenFacts({ claims, kid }: ReadToken, signature: Signature): TokenFacts {
  const { iat: issuedAtSeconds, exp: expiresAtSeconds, permissions } = claims
  return { kid, issuedAtSeconds, expiresAtSeconds, permissions, ...signature }
}

/** Writes the answer as a list of facts. */
export function showAnswer(answer: Answer, nowSeconds: number, { colors, result }: Terminal): void {
  const { decision, who, role, action, resource, statement, token, reason, record, authorizer, ...patterns } = answer
  result(decision === 'allowed' ? colors.green(decision) : colors.red(decision))
  const where = statement ? `document ${statement.document}, statement ${statement.statement}` : 'none'
  const lines = { who, role, action, resource, reason, ...patterns, statement: where }
  for (const [fact, value] of Object.entries({
    ...lines,
    ...(record && { record }),
    ...(authorizer && { authorizer }),
    ...(token && tokenLines(token, nowSeconds)),
  })) {
    result(`  ${colors.dim(fact.padEnd(13))} ${value}`)
  }
}

function tokenLines(token: TokenFacts, nowSeconds: number): Record<string, string> {
  const left = token.expiresAtSeconds - nowSeconds
  const expires = new Date(token.expiresAtSeconds * 1_000).toISOString()
  return {
    expires: left > 0 ? `${expires}, in ${left} s` : `${expires}, ${-left} s ago`,
    signature: token.signature === 'unknown' ? `not verified: ${token.because}` : token.signature,
    permissions: token.permissions.join(' '),
  }
}
