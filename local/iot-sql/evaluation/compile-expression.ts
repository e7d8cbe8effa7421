import { Refusal } from '../sql-error.ts'
import { SECOND_VERSION } from '../sql-version.ts'
import type { Expression } from '../syntax/ast.ts'
import { areEqual } from '../values/convert.ts'
import { numberOfDigits, wholeToInt } from '../values/numbers.ts'
import { memberOf, type SqlJson, setMember } from '../values/values.ts'
import { compileCall } from './compile-call.ts'
import { compileCast } from './compile-cast.ts'
import { compileExists, compileNestedQuery } from './compile-query.ts'
import { Compiler } from './compiler.ts'
import type { Evaluate } from './environment.ts'
import { UNARY_OPERATORS } from './operators.ts'

/** A compiler for one text. */
export function createCompiler(source: Pick<Compiler, 'text' | 'settings' | 'variables' | 'place'>): Compiler {
  return new Compiler(compileExpression, source)
}

function compileExpression(expression: Expression, compiler: Compiler): Evaluate {
  switch (expression.kind) {
    case 'text':
    case 'constant': {
      const { value } = expression
      return () => value
    }
    case 'number':
      return compileNumber(expression.digits, expression.offset, compiler)
    case 'path':
      return compilePath(expression.names, compiler.aliases)
    case 'variable':
      return compileVariable(expression.name, expression.offset, compiler)
    case 'member':
      return compileMember(compiler.compile(expression.of), expression.names)
    case 'unary': {
      const apply = UNARY_OPERATORS[expression.operator]
      const operand = compiler.compile(expression.operand)
      return numeric((environment) => apply(operand(environment)), compiler)
    }
    case 'binary': {
      const apply = compiler.operators[expression.operator]
      const left = compiler.compile(expression.left)
      const right = compiler.compile(expression.right)
      return numeric((environment) => apply(left(environment), right(environment)), compiler)
    }
    case 'call':
      return numeric(compileCall(expression, compiler), compiler)
    case 'cast':
      return numeric(compileCast(expression, compiler), compiler)
    case 'array':
      return compileArray(expression, compiler)
    case 'object':
      return compileObject(expression, compiler)
    case 'case':
      return compileCase(expression, compiler)
    case 'query':
      return compileNestedQuery(expression, compiler)
    case 'exists':
      return compileExists(expression, compiler)
  }
}

/** In version 2016-03-23 whole Decimals become Ints. */
function numeric(evaluate: Evaluate, { settings }: Compiler): Evaluate {
  return settings.wholeIsInt ? (environment) => wholeToInt(evaluate(environment)) : evaluate
}

function compileNumber(digits: string, offset: number, { settings }: Compiler): Evaluate {
  const number = numberOfDigits(digits)
  if (number === undefined) {
    throw new Refusal('NUMBER_OUT_OF_RANGE', offset, `expected a number up to 9.99E999, found ${digits}`)
  }
  const value = settings.wholeIsInt ? wholeToInt(number) : number
  return () => value
}

/** The first name is looked for from the innermost query outwards: its alias, a member of its element, at last the payload. */
function compilePath(names: readonly string[], aliases: readonly (string | undefined)[]): Evaluate {
  const [first = '', ...rest] = names
  const depthOfAlias = aliases.lastIndexOf(first)
  let find: Evaluate =
    depthOfAlias < 0
      ? (environment) => memberOf(environment.field(), first)
      : (environment) => environment.elements[depthOfAlias]
  for (let depth = depthOfAlias + 1; depth < aliases.length; depth++) find = memberOfElement(depth, first, find)
  return compileMember(find, rest)
}

function memberOfElement(depth: number, name: string, otherwise: Evaluate): Evaluate {
  return (environment) => {
    const value = memberOf(environment.elements[depth], name)
    return value === undefined ? otherwise(environment) : value
  }
}

function compileMember(of: Evaluate, names: readonly string[]): Evaluate {
  return names.reduce<Evaluate>((inner, name) => (environment) => memberOf(inner(environment), name), of)
}

function compileVariable(name: string, offset: number, { variables }: Compiler): Evaluate {
  const variable = variables.get(name)
  if (variable !== undefined) return variable
  throw new Refusal('UNKNOWN_VARIABLE', offset, `expected a variable that SET has defined before, found ${name}`)
}

function compileArray({ items, offset }: Extract<Expression, { kind: 'array' }>, compiler: Compiler): Evaluate {
  compiler.need(SECOND_VERSION, 'an array literal', offset)
  const evaluates = items.map((item) => compiler.compile(item))
  const isOmitted = compiler.settings.choices.undefinedInArray === 'omitted'
  return (environment) => {
    const values: SqlJson[] = []
    for (const evaluate of evaluates) {
      const value = evaluate(environment)
      if (value !== undefined) values.push(value)
      else if (!isOmitted) values.push(null)
    }
    return values
  }
}

function compileObject({ members, offset }: Extract<Expression, { kind: 'object' }>, compiler: Compiler): Evaluate {
  compiler.need(SECOND_VERSION, 'an object literal', offset)
  const evaluates = members.map(({ name, value }) => ({ name, evaluate: compiler.compile(value) }))
  return (environment) => {
    const object: { [key: string]: SqlJson } = {}
    for (const { name, evaluate } of evaluates) {
      const value = evaluate(environment)
      if (value !== undefined) setMember(object, name, value)
    }
    return object
  }
}

/** The result of the first branch that is equal; of the others nothing is evaluated. */
function compileCase(expression: Extract<Expression, { kind: 'case' }>, compiler: Compiler): Evaluate {
  const subject = compiler.compile(expression.value)
  const branches = expression.branches.map(({ when, result }) => ({
    when: compiler.compile(when),
    result: compiler.compile(result),
  }))
  const otherwise = expression.otherwise === undefined ? () => undefined : compiler.compile(expression.otherwise)
  return (environment) => {
    const value = subject(environment)
    if (value === undefined) return undefined
    const match = branches.find(({ when }) => areEqual(value, when(environment)) === true)
    return (match?.result ?? otherwise)(environment)
  }
}
