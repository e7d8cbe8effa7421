import { type CompileOptions, compilePolicy, evaluatePolicies, type PolicyRequest } from '#local/iot-policy/index.ts'

export const ARN = 'arn:aws:iot:eu-central-1:123456789012:'

/** A policy of the given statements, each an Allow of any action on any resource unless it says otherwise. */
export function policyOf(...statements: Record<string, unknown>[]) {
  return compilePolicy(documentOf(...statements), 'test')
}

export function documentOf(...statements: Record<string, unknown>[]) {
  return { Version: '2012-10-17', Statement: statements.map(withDefaults) }
}

/** What one statement decides about one request. */
export function decide(
  statement: Record<string, unknown>,
  request: Partial<PolicyRequest> = {},
  options?: CompileOptions,
) {
  const policy = compilePolicy(documentOf(statement), 'test', options)
  return evaluatePolicies([policy], { action: 'iot:Publish', resource: `${ARN}topic/a`, ...request }).decision
}

/** Whether a condition holds, in an Allow of everything. */
export function holds(condition: unknown, context?: PolicyRequest['context']): boolean {
  return decide({ Condition: condition }, { context }) === 'allowed'
}

function withDefaults(statement: Record<string, unknown>): Record<string, unknown> {
  return {
    Effect: 'Allow',
    ...('NotAction' in statement ? {} : { Action: '*' }),
    ...('NotResource' in statement ? {} : { Resource: '*' }),
    ...statement,
  }
}
