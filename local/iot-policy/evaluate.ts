import type { CompiledPolicy } from './compile.ts'
import { type ContextValues, createRequestContext } from './request-context.ts'
import type { CompiledStatement, StatementRequest } from './statement.ts'

export interface PolicyRequest {
  /** For example `iot:Publish`; case does not matter. */
  readonly action: string
  /** The ARN of what is acted upon, or `*`; case matters. */
  readonly resource: string
  readonly context?: ContextValues | undefined
  /** Caller of a resource policy: an ARN, an account number or a service name. */
  readonly principal?: string | undefined
}

/** Names a statement: its policy, its position there (from 0) and its Sid. */
export interface StatementReference {
  readonly policy: string
  readonly index: number
  readonly sid?: string
}

/** What was decided, with the first statement that decided it; nothing decides an implicit deny. */
export type Decision =
  | { readonly decision: 'allowed' | 'explicitDeny'; readonly statement: StatementReference }
  | { readonly decision: 'implicitDeny'; readonly statement?: undefined }

/**
 * Decides one request against all policies of its caller, or of its resource: a Deny that applies wins, else an Allow
 * that applies, else it is denied implicitly. The order of policies and statements never changes the decision, only which of
 * several deciding statements is named. A statement with a variable that has no value does not apply. Never throws.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluatePolicies(policies: readonly CompiledPolicy[], request: PolicyRequest): Decision {
  const statementRequest: StatementRequest = {
    lowerCaseAction: request.action.toLowerCase(),
    resource: request.resource,
    principal: request.principal,
    context: createRequestContext(request.context),
  }
  let allow: StatementReference | undefined
  for (const policy of policies) {
    for (const statement of policy.statements) {
      if (allow !== undefined && statement.effect === 'Allow') continue
      if (!statement.applies(statementRequest)) continue
      if (statement.effect === 'Deny') return { decision: 'explicitDeny', statement: referTo(policy, statement) }
      allow = referTo(policy, statement)
    }
  }
  return allow === undefined ? { decision: 'implicitDeny' } : { decision: 'allowed', statement: allow }
}

function referTo({ name }: CompiledPolicy, { index, sid }: CompiledStatement): StatementReference {
  return sid === undefined ? { policy: name, index } : { policy: name, index, sid }
}
