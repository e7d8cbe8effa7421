import { EvaluationError } from '../evaluation-error.ts'
import { FUNCTIONS } from '../functions/registry.ts'
import type { SqlFunction } from '../functions/sql-function.ts'
import { Refusal } from '../sql-error.ts'
import { SECOND_VERSION } from '../sql-version.ts'
import type { Argument, Expression } from '../syntax/ast.ts'
import type { Compiler } from './compiler.ts'
import type { Evaluate } from './environment.ts'

type Call = Extract<Expression, { kind: 'call' }>

/**
 * A call with a wrong number of arguments is Undefined, as AWS has it, and a warning. The arguments of all functions but
 * `get_or_default` are evaluated before it.
 */
export function compileCall(call: Call, compiler: Compiler): Evaluate {
  if (call.name.toLowerCase() === GET_OR_DEFAULT) return compileGetOrDefault(call, compiler)
  const definition = FUNCTIONS.get(call.name.toLowerCase())
  if (definition === undefined) {
    throw new Refusal('UNKNOWN_FUNCTION', call.offset, `expected a function of the language, found ${call.name}`)
  }
  compiler.need(definition.since, `the function ${definition.name}`, call.offset)
  const { name, minArguments, maxArguments } = definition
  const values = call.arguments.map((argument, index) => compileArgument(argument, index, definition, compiler))
  if (!hasRightCount(name, call, minArguments, maxArguments, compiler)) return () => undefined
  const complaint = definition.refuseArguments?.(call.arguments)
  if (complaint !== undefined) throw new Refusal('INVALID_ARGUMENT', call.offset, `${name}: ${complaint}`)
  const asked = definition.asks?.(call.arguments)
  if (asked !== undefined) compiler.countExternalCall(asked, call.offset)
  if (asked === 'decode' && compiler.place === 'template') {
    throw new Refusal('INVALID_ARGUMENT', call.offset, 'decode: expected no protobuf in a substitution template')
  }
  return bind(definition, values, call.arguments)
}

function bind(definition: SqlFunction, values: readonly Evaluate[], args: readonly Argument[]): Evaluate {
  const call = definition.call.bind(definition)
  if (args.some(({ kind }) => kind === 'wholePayload')) {
    return (environment) =>
      call(
        values.map((evaluate) => evaluate(environment)),
        environment,
        environment.message.payload,
      )
  }
  const [first, second] = values
  if (first === undefined) return (environment) => call([], environment)
  if (second === undefined) return (environment) => call([first(environment)], environment)
  return (environment) =>
    call(
      values.map((evaluate) => evaluate(environment)),
      environment,
    )
}

function compileArgument(argument: Argument, index: number, definition: SqlFunction, compiler: Compiler): Evaluate {
  if (argument.kind !== 'wholePayload') return compiler.compile(argument)
  if (definition.payloadAt === index) return () => undefined
  throw new Refusal('INVALID_ARGUMENT', argument.offset, `${definition.name}: expected an expression here, found *`)
}

export const GET_OR_DEFAULT = 'get_or_default'

/** The second argument where the first is Null or Undefined or fails. */
function compileGetOrDefault(call: Call, compiler: Compiler): Evaluate {
  compiler.need(SECOND_VERSION, `the function ${GET_OR_DEFAULT}`, call.offset)
  const [first, second] = call.arguments.map((argument, index) => {
    if (argument.kind === 'wholePayload') {
      throw new Refusal('INVALID_ARGUMENT', argument.offset, `${GET_OR_DEFAULT}: expected an expression, found *`)
    }
    const wasInDefault = compiler.isInDefault
    compiler.isInDefault ||= index > 0
    const evaluate = compiler.compile(argument)
    compiler.isInDefault = wasInDefault
    return evaluate
  })
  if (!hasRightCount(GET_OR_DEFAULT, call, 1, 2, compiler) || first === undefined) return () => undefined
  return (environment) => {
    try {
      const value = first(environment)
      if (value !== undefined && value !== null) return value
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
    }
    return second?.(environment)
  }
}

function hasRightCount(name: string, call: Call, minimum: number, maximum: number, { warnings }: Compiler): boolean {
  const count = call.arguments.length
  if (count >= minimum && count <= maximum) return true
  const expected = minimum === maximum ? `${minimum}` : `${minimum} to ${maximum}`
  const noun = expected === '1' ? 'argument' : 'arguments'
  const reason = `${name}: expected ${expected} ${noun}, found ${count}: the result is Undefined`
  warnings.push({ code: 'ARGUMENT_COUNT', offset: call.offset, reason })
  return false
}
