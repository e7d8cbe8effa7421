import { CONDITION_OPERATORS } from './condition-operators.ts'
import { parseBoolean } from './condition-values.ts'
import { type Place, placeAt, readList, readObject, refusal } from './document-reader.ts'
import { contextKey, type RequestContext } from './request-context.ts'
import type { PolicyVariable, TextSyntax } from './text-template.ts'

/** One key under one operator of a Condition element. */
export interface Condition {
  readonly variables: readonly PolicyVariable[]
  holds(context: RequestContext): boolean
}

const OPERATOR_NAME = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/

/**
 * `ForAnyValue:` of an absent key, also with `IfExists`: the page of IfExists would make it true, the service denies.
 * https://repost.aws/questions/QU9HFmDzP0QGuU-fd7rS6B7w/foranyvalue-stringequalsifexists-behaving-unexpectedly
 */
const FOR_ANY_VALUE_OF_NOTHING = false

/**
 * Compiles a Condition element; the statement applies when every condition in the list holds. Throws UNKNOWN_OPERATOR,
 * INVALID_VALUE or MALFORMED.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
 */
export function compileConditions(value: unknown, place: Place, syntax: Pick<TextSyntax, 'hasVariables'>): Condition[] {
  if (value === undefined) return []
  const operators = readObject(value, place, 'an object of condition operators')
  return Object.entries(operators).flatMap(([name, keys]) => {
    const operatorPlace = placeAt(place, name)
    const compile = name === 'Null' ? compileNull : operatorCompiler(name, operatorPlace, syntax)
    return Object.entries(readObject(keys, operatorPlace, 'an object of condition keys')).map(([key, values]) => {
      const keyPlace = placeAt(operatorPlace, key)
      if (key === '') throw refusal('MALFORMED', keyPlace, 'a condition key', key)
      return compile(key, readValues(values, keyPlace))
    })
  })
}

type PlacedText = { text: string; place: Place }
type CompileCondition = (key: string, values: readonly PlacedText[]) => Condition

function operatorCompiler(name: string, place: Place, syntax: Pick<TextSyntax, 'hasVariables'>): CompileCondition {
  const [, quantifier, baseName = '', ifExists] = OPERATOR_NAME.exec(name) ?? []
  const operator = CONDITION_OPERATORS.get(baseName)
  if (operator === undefined) throw refusal('UNKNOWN_OPERATOR', place, 'an IAM condition operator', name)
  const { isNegated } = operator
  const isForAll = quantifier === 'ForAllValues'

  return (key, values) => {
    const documentKey = contextKey(key)
    const tests = values.map(({ text, place }) => operator.compileValue(text, syntax, place))
    const holdsWhenAbsent =
      quantifier === 'ForAnyValue' ? FOR_ANY_VALUE_OF_NOTHING : isNegated || ifExists !== undefined || isForAll
    return {
      variables: tests.flatMap((test) => test.variables),
      holds(context) {
        const requestValues = context.values(documentKey)
        if (requestValues === undefined) return holdsWhenAbsent
        const bound = tests.map((test) => test.bind(context))
        const holdsFor = (requestValue: string) => bound.some((matches) => matches(requestValue)) !== isNegated
        // Without a quantifier a list behaves like one value: one match is a match, and the negation is its opposite.
        const needsAll = isForAll || (quantifier === undefined && isNegated)
        return needsAll ? requestValues.every(holdsFor) : requestValues.some(holdsFor)
      },
    }
  }
}

function compileNull(key: string, values: readonly PlacedText[]): Condition {
  const documentKey = contextKey(key)
  const accepted = values.map(({ text, place }) => {
    const value = parseBoolean(text)
    if (value === undefined) throw refusal('INVALID_VALUE', place, 'true (key absent) or false (key present)', text)
    return value
  })
  return {
    variables: [],
    holds: (context) => accepted.includes(context.values(documentKey) === undefined),
  }
}

/**
 * Values are texts; IAM also takes numbers and booleans without quotes. A list may be empty: no value of a request is in it.
 * https://docs.aws.amazon.com/iot/latest/developerguide/connect-policy.html, "only allows connect using default features"
 */
function readValues(value: unknown, place: Place): PlacedText[] {
  if (Array.isArray(value) && value.length === 0) return []
  return readList(value, place, 'a text, number or boolean').map((item) => {
    if (typeof item.value === 'string') return { text: item.value, place: item.place }
    if (typeof item.value === 'number' || typeof item.value === 'boolean') {
      return { text: String(item.value), place: item.place }
    }
    throw refusal('MALFORMED', item.place, 'a text, number or boolean', item.value)
  })
}
