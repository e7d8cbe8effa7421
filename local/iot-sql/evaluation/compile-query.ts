import { EvaluationError } from '../evaluation-error.ts'
import { Refusal } from '../sql-error.ts'
import { SECOND_VERSION } from '../sql-version.ts'
import type { Expression, NestedQuery, Select, SelectItem } from '../syntax/ast.ts'
import { toBoolean } from '../values/convert.ts'
import { isArray, isObject, type SqlJson, type SqlValue, setMember } from '../values/values.ts'
import type { Compiler } from './compiler.ts'
import type { Environment, Evaluate } from './environment.ts'
import { charge, chargeMembers } from './limits.ts'

type Output = { [key: string]: SqlJson }
/** Adds members to the output, later ones replacing earlier ones of the same name. */
type Contribute = (output: Output, environment: Environment) => void

/** A condition: only true counts. */
export function compileWhere(where: Expression | undefined, compiler: Compiler) {
  if (where === undefined) return () => true
  const evaluate = compiler.compile(where)
  return (environment: Environment) => toBoolean(evaluate(environment)) === true
}

/** The list after SELECT. `everything` is what `*` stands for here: the payload, or the element of a nested query. */
export function compileSelect(select: Select, everything: Evaluate, compiler: Compiler): Evaluate {
  if (select.kind === 'value') {
    return select.value.kind === 'wholePayload' ? everything : compiler.compile(select.value)
  }
  const [first] = select.items
  if (select.items.length === 1 && first?.kind === 'everything' && first.alias === undefined) return everything
  const contributions = select.items.map((item) => compileItem(item, everything, compiler))
  return (environment) => {
    const output: Output = {}
    for (const contribute of contributions) contribute(output, environment)
    return output
  }
}

/** Over an array the query gives an array of what each element gives, over an object what that gives. */
export function compileNestedQuery({ query, source, alias, offset }: NestedQuery, compiler: Compiler): Evaluate {
  compiler.need(SECOND_VERSION, 'a nested SELECT', offset)
  const from = compiler.compile(source)
  const depth = compiler.aliases.push(alias) - 1
  const countBefore = compiler.expressionCount
  const where = compileWhere(query.where, compiler)
  const select = compileSelect(query.select, (environment) => environment.elements[depth], compiler)
  compiler.aliases.pop()
  const stepsOfElement = 1 + compiler.expressionCount - countBefore

  const evaluateElement = (element: SqlValue, environment: Environment): SqlValue => {
    charge(stepsOfElement)
    environment.elements[depth] = element
    return where(environment) ? select(environment) : undefined
  }
  return (environment) => {
    const value = from(environment)
    // a variable of SET may run a query of the same depth while one runs
    const outer = environment.elements[depth]
    try {
      if (isObject(value)) return evaluateElement(value, environment)
      if (!isArray(value)) return undefined
      return value.map((element) => evaluateElement(element, environment)).filter((result) => result !== undefined)
    } finally {
      environment.elements[depth] = outer
    }
  }
}

/** Whether a nested query gives anything. */
export function compileExists({ query }: Extract<Expression, { kind: 'exists' }>, compiler: Compiler): Evaluate {
  const evaluate = compileNestedQuery(query, compiler)
  return (environment) => {
    const value = evaluate(environment)
    return isArray(value) ? value.length > 0 : value !== undefined
  }
}

function compileItem(item: SelectItem, everything: Evaluate, compiler: Compiler): Contribute {
  if (item.kind === 'everything' && item.alias === undefined) return everyMember(everything)
  const evaluate = item.kind === 'everything' ? everything : compiler.compile(item.expression)
  if (item.kind === 'item' && item.alias === undefined && item.expression.kind === 'object') return membersOf(evaluate)
  const names = namesOf(item, compiler)
  const [name] = names
  if (names.length === 1 && name !== undefined) {
    return (output, environment) => {
      const value = evaluate(environment)
      if (value !== undefined) setMember(output, name, value)
    }
  }
  return (output, environment) => {
    const value = evaluate(environment)
    if (value !== undefined) setDeep(output, names, value)
  }
}

function everyMember(everything: Evaluate): Contribute {
  return (output, environment) => {
    const value = everything(environment)
    if (isObject(value)) return addMembers(output, value)
    const reason = 'expected a JSON object, since the statement adds items to *, got another value'
    throw new EvaluationError(value === undefined ? 'PARSE_ERROR' : 'NOT_AN_OBJECT', reason)
  }
}

/** An object literal without alias is not an item of the output, its members are. */
function membersOf(evaluate: Evaluate): Contribute {
  return (output, environment) => {
    const value = evaluate(environment)
    if (isObject(value)) addMembers(output, value)
  }
}

function addMembers(output: Output, object: { readonly [key: string]: SqlJson }): void {
  const members = Object.entries(object)
  chargeMembers(members.length)
  for (const [name, member] of members) setMember(output, name, member)
}

/** A dotted alias makes objects in the output. */
function setDeep(output: Output, names: readonly string[], value: SqlJson): void {
  let target = output
  for (const name of names.slice(0, -1)) {
    const inner = Object.hasOwn(target, name) ? target[name] : undefined
    // the object may belong to the payload
    const own: Output = {}
    if (isObject(inner)) addMembers(own, inner)
    setMember(target, name, own)
    target = own
  }
  setMember(target, names.at(-1) ?? '', value)
}

/** The alias, the last name of a path, or else the expression as written. */
function namesOf(item: SelectItem, compiler: Compiler): readonly string[] {
  if (item.alias !== undefined) return item.alias
  if (item.kind === 'everything') return []
  const { expression, offset, endOffset } = item
  const last = expression.kind === 'path' || expression.kind === 'member' ? expression.names.at(-1) : undefined
  if (last !== undefined) return [last]
  if (compiler.settings.choices.itemWithoutName === 'text') return [compiler.text.slice(offset, endOffset)]
  const reason = 'expected AS and a name after an expression that is no field, found none'
  throw new Refusal('ALIAS_REQUIRED', offset, reason)
}
