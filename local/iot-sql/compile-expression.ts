import type { Argument, Expression } from './ast.ts'
import { FUNCTIONS, FUNCTIONS_TO_COME } from './functions/registry.ts'
import type { CallContext, SqlFunction } from './functions/sql-function.ts'
import { BINARY_OPERATORS, UNARY_OPERATORS } from './operators.ts'
import { notSupported, Refusal } from './sql-error.ts'
import { isObject, makeDecimal, type SqlJson, type SqlValue } from './values.ts'

/** One message under evaluation. The payload is parsed when first asked for; then it may throw EvaluationError. */
export interface Environment extends CallContext {
  json(): SqlJson
}

export type Evaluate = (environment: Environment) => SqlValue

/** Turns an expression into a function, once per statement. Throws Refusal for what cannot be evaluated. */
export function compileExpression(expression: Expression): Evaluate {
  switch (expression.kind) {
    case 'text':
    case 'constant': {
      const { value } = expression
      return () => value
    }
    case 'number': {
      const value = makeDecimal(expression.digits)
      if (value !== undefined) return () => value
      const reason = `expected a number up to 9.99E999, found ${expression.digits}`
      throw new Refusal('NUMBER_OUT_OF_RANGE', expression.offset, reason)
    }
    case 'path':
      return compilePath(expression.names)
    case 'unary': {
      const apply = UNARY_OPERATORS[expression.operator]
      const operand = compileExpression(expression.operand)
      return (environment) => apply(operand(environment))
    }
    case 'binary': {
      const apply = BINARY_OPERATORS[expression.operator]
      const left = compileExpression(expression.left)
      const right = compileExpression(expression.right)
      return (environment) => apply(left(environment), right(environment))
    }
    case 'call':
      return compileCall(expression.name, expression.arguments, expression.offset)
  }
}

function compilePath(names: readonly string[]): Evaluate {
  return (environment) => {
    let value: SqlValue = environment.json()
    for (const name of names) {
      if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
      value = value[name]
    }
    return value
  }
}

function compileCall(name: string, args: readonly Argument[], offset: number): Evaluate {
  const definition = findFunction(name, offset)
  checkCount(definition, args.length, offset)
  const complaint = definition.refuseArguments?.(args)
  if (complaint !== undefined) throw new Refusal('INVALID_ARGUMENT', offset, `${definition.name}: ${complaint}`)

  const [first, ...rest] = args
  if (first?.kind === 'wholePayload' && definition.callOnPayload !== undefined) {
    const { callOnPayload } = definition
    const values = rest.map((argument) => compileArgument(argument, definition))
    return (environment) =>
      callOnPayload(
        environment.message.payload,
        values.map((evaluate) => evaluate(environment)),
      )
  }
  const values = args.map((argument) => compileArgument(argument, definition))
  return (environment) =>
    definition.call(
      values.map((evaluate) => evaluate(environment)),
      environment,
    )
}

function compileArgument(argument: Argument, { name }: SqlFunction): Evaluate {
  if (argument.kind !== 'wholePayload') return compileExpression(argument)
  throw new Refusal('INVALID_ARGUMENT', argument.offset, `${name}: expected an expression here, found *`)
}

function findFunction(name: string, offset: number): SqlFunction {
  const definition = FUNCTIONS.get(name.toLowerCase())
  if (definition !== undefined) return definition
  if (FUNCTIONS_TO_COME.has(name.toLowerCase())) throw notSupported(`the function ${name}`, offset)
  throw new Refusal('UNKNOWN_FUNCTION', offset, `expected a function of the language, found ${name}`)
}

function checkCount({ name, minArguments, maxArguments }: SqlFunction, count: number, offset: number): void {
  if (count >= minArguments && count <= maxArguments) return
  const expected = minArguments === maxArguments ? `${minArguments}` : `${minArguments} to ${maxArguments}`
  const noun = expected === '1' ? 'argument' : 'arguments'
  throw new Refusal('ARGUMENT_COUNT', offset, `${name}: expected ${expected} ${noun}, found ${count}`)
}
