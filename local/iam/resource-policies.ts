import {
  type CompiledPolicy,
  compilePolicy,
  type Decision,
  evaluatePolicies,
  type PolicyRequest,
} from '../iot-policy/index.ts'

/** Policies that hang on resources, such as queues. */
export interface ResourcePolicies {
  /** Returns how to take the policy away. Throws PolicyError. */
  attach(resourceArn: string, name: string, document: unknown): () => void
  /** Decides by the policies of the request's resource. */
  decide(request: PolicyRequest): Decision
}

const ACCOUNT = /^(?:\d{12}|arn:[\w-]+:iam::\d{12}:root)$/

export function createResourcePolicies(): ResourcePolicies {
  const policies = new Map<string, CompiledPolicy[]>()
  return {
    attach(resourceArn, name, document) {
      const compiled = compilePolicy(withoutDelegation(document), name, { resourcePolicy: true })
      policies.set(resourceArn, [...(policies.get(resourceArn) ?? []), compiled])
      return () => {
        policies.set(
          resourceArn,
          (policies.get(resourceArn) ?? []).filter((one) => one !== compiled),
        )
      }
    },
    decide: (request) => evaluatePolicies(policies.get(request.resource) ?? [], request),
  }
}

/**
 * A resource policy that allows an account only hands the decision to the account's own policies, so such an Allow decides nothing.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-req-context.html
 */
function withoutDelegation(document: unknown): unknown {
  if (document === null || typeof document !== 'object' || !('Statement' in document)) return document
  const statements = [document.Statement].flat() as unknown[]
  return { ...document, Statement: statements.filter((one) => !isDelegation(one)) }
}

function isDelegation(statement: unknown): boolean {
  const { Effect, Principal } = Object(statement)
  if (Effect !== 'Allow' || Principal === null || typeof Principal !== 'object') return false
  const { AWS, ...others } = Principal
  const names = [AWS ?? []].flat().map(String)
  return names.length > 0 && Object.keys(others).length === 0 && names.every((name) => ACCOUNT.test(name))
}
