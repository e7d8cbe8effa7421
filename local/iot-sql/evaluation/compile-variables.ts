import { EvaluationError } from '../evaluation-error.ts'
import { Refusal } from '../sql-error.ts'
import type { VariableDefinition } from '../syntax/ast.ts'
import { toText } from '../values/convert.ts'
import type { SqlValue } from '../values/values.ts'
import type { Compiler } from './compiler.ts'
import type { Environment } from './environment.ts'
import { VARIABLE_LIMITS } from './limits.ts'

/** The variables of SET: each may use those before it, and is evaluated once a message, when first asked for. */
export function compileVariables(definitions: readonly VariableDefinition[], compiler: Compiler): void {
  const { maxVariables, maxNameCharacters } = VARIABLE_LIMITS
  const surplus = definitions[maxVariables]
  if (surplus !== undefined) {
    const reason = `expected at most ${maxVariables} variables, found ${definitions.length}`
    throw new Refusal('LIMIT_EXCEEDED', surplus.offset, reason)
  }
  for (const [index, { name, value, offset }] of definitions.entries()) {
    if (compiler.variables.has(name)) {
      throw new Refusal('DUPLICATE_VARIABLE', offset, `expected every variable to be set once, found ${name} again`)
    }
    if (name.length - 1 > maxNameCharacters) {
      const reason = `expected a name of at most ${maxNameCharacters} characters, found ${name.length - 1}`
      throw new Refusal('LIMIT_EXCEEDED', offset, reason)
    }
    const evaluate = compiler.compile(value)
    compiler.variables.set(name, (environment) => {
      const known = environment.variables[index]
      if (known !== undefined) return known.value
      const result = evaluate(environment)
      checkSize(result, environment)
      environment.variables[index] = { value: result }
      return result
    })
  }
}

function checkSize(value: SqlValue, environment: Environment): void {
  if (typeof value !== 'string' && typeof value !== 'object') return
  environment.variableBytes += Buffer.byteLength(toText(value) ?? '')
  if (environment.variableBytes <= VARIABLE_LIMITS.maxBytes) return
  const reason = `expected variables of at most ${VARIABLE_LIMITS.maxBytes} bytes in total, got ${environment.variableBytes}`
  throw new EvaluationError('VARIABLE_TOO_LARGE', reason)
}
