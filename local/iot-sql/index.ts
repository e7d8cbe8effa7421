export {
  type CompiledRule,
  type CompileRule,
  compileRule,
  createRuleCompiler,
  type RuleOutcome,
  type RuleSource,
} from './compile-rule.ts'
export type { EvaluationErrorCode } from './evaluation-error.ts'
export type { Mqtt5Properties, RuleMessage } from './message.ts'
export { SqlError, type SqlErrorCode } from './sql-error.ts'
export type { JsonValue } from './values.ts'
