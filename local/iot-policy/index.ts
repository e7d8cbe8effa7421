export { type CompiledPolicy, type CompileOptions, compilePolicy } from './compile.ts'
export { type Decision, evaluatePolicies, type PolicyRequest, type StatementReference } from './evaluate.ts'
export { PolicyError, type PolicyErrorCode } from './policy-error.ts'
export type { ContextValues } from './request-context.ts'
