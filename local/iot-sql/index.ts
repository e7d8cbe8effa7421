export { DEFAULT_CHOICES, type SqlChoices } from './choices.ts'
export {
  type CompiledRule,
  type CompiledTemplate,
  type CompileRule,
  compileRule,
  createRuleCompiler,
  type RuleCompilerOptions,
  type RuleSource,
  type TemplateOutcome,
} from './compile-rule.ts'
export type { EvaluationErrorCode } from './evaluation-error.ts'
export { decodeProtobuf } from './external/decode-protobuf.ts'
export type { ExternalCall, ExternalFunctionName, ExternalFunctions } from './external/external-call.ts'
export { type SecretValue, secretAnswer } from './external/secret-answer.ts'
export type { Mqtt5Properties, RuleMessage } from './message.ts'
export { SQL_PARITY, type SqlParityRow } from './parity.ts'
export type { RuleFailure, RuleOutcome, RuleOutput } from './rule-outcome.ts'
export { SqlError, type SqlErrorCode, type SqlWarning } from './sql-error.ts'
export { SQL_VERSIONS, type SqlVersion } from './sql-version.ts'
export type { JsonValue } from './values/values.ts'
