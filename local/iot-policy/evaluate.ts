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
  const { action, resource, principal } = request
  const context = createRequestContext(request.context)
  return decide(applicableStatements(policies, { lowerCaseAction: action.toLowerCase(), principal, context }), resource)
}

/** A statement that applies to one caller and action wherever it covers the resource. */
export interface ApplicableStatement {
  readonly isDeny: boolean
  readonly reference: StatementReference
  covers(resource: string): boolean
}

/** The statements that only the resource decides about, in their order. */
export function applicableStatements(
  policies: readonly CompiledPolicy[],
  request: Omit<StatementRequest, 'resource'>,
): ApplicableStatement[] {
  const applicable: ApplicableStatement[] = []
  for (const policy of policies) {
    for (const statement of policy.statements) {
      if (!statement.mayApply(request)) continue
      applicable.push({
        isDeny: statement.effect === 'Deny',
        reference: referTo(policy, statement),
        covers: statement.coversResource(request.context),
      })
    }
  }
  return applicable
}

/** Decides about one resource. */
export function decide(statements: readonly ApplicableStatement[], resource: string): Decision {
  let allow: StatementReference | undefined
  for (const { isDeny, reference, covers } of statements) {
    if ((allow !== undefined && !isDeny) || !covers(resource)) continue
    if (isDeny) return { decision: 'explicitDeny', statement: reference }
    allow = reference
  }
  return allow === undefined ? { decision: 'implicitDeny' } : { decision: 'allowed', statement: allow }
}

function referTo({ name }: CompiledPolicy, { index, sid }: CompiledStatement): StatementReference {
  return sid === undefined ? { policy: name, index } : { policy: name, index, sid }
}
