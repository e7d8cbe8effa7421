export { type BoundPolicies, bindPolicies } from './bound-policies.ts'
export type { CertificateAttributes, CertificateFacts } from './certificate-context.ts'
export { type CompiledPolicy, type CompileOptions, compilePolicy } from './compile.ts'
export {
  type ConnectionAuthentication,
  type ConnectionFacts,
  type ConnectionThing,
  connectionContext,
} from './connection-context.ts'
export { type Decision, evaluatePolicies, type PolicyRequest, type StatementReference } from './evaluate.ts'
export { POLICY_PARITY, type PolicyParityRow } from './parity.ts'
export { PolicyError, type PolicyErrorCode } from './policy-error.ts'
export type { ContextValues } from './request-context.ts'
