import { malformed } from './document.ts'
import { TemplateError } from './errors.ts'
import { isList, isObject, type JsonObject, type JsonValue, ownMember, quote } from './json.ts'

/** What the intrinsic functions of one stack look names up in. Each throws a TemplateError that names `path`. */
export interface Scope {
  ref(name: string, path: string): Evaluated
  attribute(logicalId: string, attribute: string, path: string): JsonValue
  condition(name: string, path: string): boolean
  mapping(path: string, map: string, first: string, second: string): JsonValue | undefined
}

/** The value of `AWS::NoValue`: the property or list element that holds it is left out. */
export const NO_VALUE = Symbol('AWS::NoValue')
export type Evaluated = JsonValue | typeof NO_VALUE

type Intrinsic = (argument: JsonValue, scope: Scope, path: string) => Evaluated

const CONDITION_FUNCTIONS = new Set(['Fn::Equals', 'Fn::And', 'Fn::Or', 'Fn::Not'])
const SUBSTITUTION = /\$\{(!?)([^${}]*)\}/g

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope, path) => scope.ref(expectText(argument, path), path),

  'Fn::GetAtt'(argument, scope, path) {
    const [logicalId, attribute] = splitAttribute(argument, path)
    return scope.attribute(logicalId, evaluateText(attribute, scope, path), path)
  },

  'Fn::Join'(argument, scope, path) {
    const [delimiter, list] = expectTuple(argument, 2, path)
    const texts = evaluateList(list, scope, path).map((item) => asText(item, path))
    return texts.join(expectText(delimiter, path))
  },

  'Fn::Sub'(argument, scope, path) {
    const [text, variables]: [JsonValue, JsonValue] =
      typeof argument === 'string' ? [argument, {}] : expectTuple(argument, 2, path)
    if (!isObject(variables)) throw malformed(path, 'an object of variables', variables)
    return expectText(text, path).replace(SUBSTITUTION, (whole: string, literal: string, rawName: string) => {
      const name = rawName.trim()
      if (literal === '!') return `\${${rawName}}`
      if (name === '') throw malformed(path, 'a name between ${ and }', whole)
      const variable = ownMember(variables, name)
      if (variable !== undefined) return evaluateText(variable, scope, path)
      const dot = name.indexOf('.')
      if (dot === -1) return evaluateText({ Ref: name }, scope, path)
      return asText(scope.attribute(name.slice(0, dot), name.slice(dot + 1), path), path)
    })
  },

  'Fn::Select'(argument, scope, path) {
    const [index, list] = expectTuple(argument, 2, path)
    const position = Number(evaluateText(index, scope, path))
    const items = evaluateList(list, scope, path)
    const item = Number.isInteger(position) ? items[position] : undefined
    if (item === undefined) throw malformed(path, `an index from 0 to ${items.length - 1}`, index)
    return item
  },

  'Fn::Split'(argument, scope, path) {
    const [delimiter, text] = expectTuple(argument, 2, path)
    return evaluateText(text, scope, path).split(expectText(delimiter, path))
  },

  'Fn::If'(argument, scope, path) {
    const [name, whenTrue, whenFalse] = expectTuple(argument, 3, path)
    return evaluate(scope.condition(expectText(name, path), path) ? whenTrue : whenFalse, scope, path)
  },

  'Fn::FindInMap'(argument, scope, path) {
    if (!isList(argument) || argument.length < 3 || argument.length > 4) {
      throw malformed(path, 'a list of map, two keys and an optional default', argument)
    }
    const [map, first, second] = argument.slice(0, 3).map((item) => evaluateText(item, scope, path))
    const found = scope.mapping(path, map ?? '', first ?? '', second ?? '')
    if (found !== undefined) return found
    const fallback = argument[3]
    if (isObject(fallback) && fallback.DefaultValue !== undefined) {
      return evaluate(fallback.DefaultValue, scope, path)
    }
    throw new TemplateError('UNRESOLVED_REFERENCE', path, `mapping ${map} has no entry ${first}.${second}`)
  },

  'Fn::Base64': (argument, scope, path) => Buffer.from(evaluateText(argument, scope, path)).toString('base64'),
}

/**
 * Replaces every intrinsic function in a value of the template by what it stands for. `path` is the place of the value
 * and appears in every error. Throws TemplateError; Fn::ImportValue and other unsupported functions are refused.
 */
export function evaluate(value: JsonValue, scope: Scope, path: string): Evaluated {
  if (isList(value)) {
    return value
      .map((item, index) => evaluate(item, scope, `${path}[${index}]`))
      .filter((item): item is JsonValue => item !== NO_VALUE)
  }
  if (!isObject(value)) return value
  const name = intrinsicName(value, path)
  if (name === undefined) return evaluateMembers(value, scope, path)
  const intrinsic = INTRINSICS[name]
  if (intrinsic !== undefined) return intrinsic(value[name] ?? null, scope, `${path}.${name}`)
  if (CONDITION_FUNCTIONS.has(name)) return evaluateCondition(value, scope, path)
  throw unsupported(name, value, path)
}

/** Like evaluate, for an object whose members may be intrinsic functions but which is none itself. */
export function evaluateMembers(value: JsonObject, scope: Scope, path: string): JsonObject {
  const result: Record<string, JsonValue> = {}
  for (const [key, member] of Object.entries(value)) {
    const evaluated = evaluate(member, scope, `${path}.${key}`)
    if (evaluated !== NO_VALUE) result[key] = evaluated
  }
  return result
}

/** Evaluates the body of a condition: Fn::Equals, Fn::And, Fn::Or, Fn::Not or the name of another condition. */
export function evaluateCondition(value: JsonValue, scope: Scope, path: string): boolean {
  if (!isObject(value)) throw malformed(path, 'a condition function', value)
  const [name, ...others] = Object.keys(value)
  if (name === undefined || others.length > 0) throw malformed(path, 'exactly one condition function', value)
  const argument = value[name] ?? null
  const inner = `${path}.${name}`
  switch (name) {
    case 'Condition':
      return scope.condition(expectText(argument, inner), inner)
    case 'Fn::Equals': {
      const [left, right] = expectTuple(argument, 2, inner)
      return sameValue(evaluate(left, scope, inner), evaluate(right, scope, inner))
    }
    case 'Fn::And':
      return expectConditions(argument, inner).every((item) => evaluateCondition(item, scope, inner))
    case 'Fn::Or':
      return expectConditions(argument, inner).some((item) => evaluateCondition(item, scope, inner))
    case 'Fn::Not':
      return !expectTuple(argument, 1, inner).every((item) => evaluateCondition(item, scope, inner))
    default:
      throw malformed(path, 'Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition', name)
  }
}

/** The name of the intrinsic function an object is, or undefined for an ordinary object. */
export function intrinsicName(value: JsonObject, path: string): string | undefined {
  const keys = Object.keys(value)
  const name =
    keys.find((key) => key.startsWith('Fn::')) ?? (keys.length === 1 && keys[0] === 'Ref' ? 'Ref' : undefined)
  if (name !== undefined && keys.length > 1) throw malformed(path, `${name} as the only key`, value)
  return name
}

/** Logical id and attribute of Fn::GetAtt in either form; the attribute may be a function itself. */
export function splitAttribute(argument: JsonValue, path: string): [logicalId: string, attribute: JsonValue] {
  if (typeof argument === 'string') {
    const dot = argument.indexOf('.')
    if (dot <= 0) throw malformed(path, 'LogicalId.Attribute', argument)
    return [argument.slice(0, dot), argument.slice(dot + 1)]
  }
  const [logicalId, attribute] = expectTuple(argument, 2, path)
  return [expectText(logicalId, path), attribute]
}

/** Names that the text of Fn::Sub refers to, without those given as its own variables. */
export function substitutedNames(text: string, variables: JsonObject): string[] {
  return [...text.matchAll(SUBSTITUTION)]
    .filter(([, literal]) => literal !== '!')
    .map(([, , name]) => (name ?? '').trim())
    .filter((name) => name !== '' && !Object.hasOwn(variables, name))
}

function unsupported(name: string, value: JsonObject, path: string): TemplateError {
  const reason =
    name === 'Fn::ImportValue'
      ? `imports the export ${quote(value[name])} of another stack; only references inside one stack are resolved locally`
      : `${name} is not supported by the local runtime`
  return new TemplateError('UNSUPPORTED_INTRINSIC', path, reason)
}

function evaluateText(value: JsonValue, scope: Scope, path: string): string {
  return asText(evaluate(value, scope, path), path)
}

function evaluateList(value: JsonValue, scope: Scope, path: string): readonly JsonValue[] {
  const evaluated = evaluate(value, scope, path)
  if (evaluated === NO_VALUE || !isList(evaluated)) throw malformed(path, 'a list', describe(evaluated))
  return evaluated
}

function asText(value: Evaluated, path: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw malformed(path, 'a text', describe(value))
}

function describe(value: Evaluated): JsonValue {
  return value === NO_VALUE ? 'AWS::NoValue' : value
}

function expectText(value: JsonValue, path: string): string {
  if (typeof value !== 'string') throw malformed(path, 'a text', value)
  return value
}

function expectTuple(value: JsonValue, length: 1, path: string): [JsonValue]
function expectTuple(value: JsonValue, length: 2, path: string): [JsonValue, JsonValue]
function expectTuple(value: JsonValue, length: 3, path: string): [JsonValue, JsonValue, JsonValue]
function expectTuple(value: JsonValue, length: number, path: string): JsonValue[] {
  if (!isList(value) || value.length !== length) throw malformed(path, `a list of ${length}`, value)
  return [...value]
}

function expectConditions(value: JsonValue, path: string): readonly JsonValue[] {
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
  if (!isList(value) || value.length < 2 || value.length > 10)
    throw malformed(path, 'a list of 2 to 10 conditions', value)
  return value
}

function sameValue(left: Evaluated, right: Evaluated): boolean {
  if (typeof left === 'symbol' || typeof right === 'symbol') return left === right
  const [leftText, rightText] = [left, right].map((value) =>
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  )
  return leftText === rightText
}
