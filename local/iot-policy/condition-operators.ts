import { compileArnPattern, splitArn } from './arn.ts'
import { parseAddressRange, parseBinary, parseBoolean, parseDateMs, parseNumber } from './condition-values.ts'
import { type Place, refusal } from './document-reader.ts'
import { compileMatcher, parseText, type TextMatcher, type TextSyntax } from './text-template.ts'
import { compilePattern, type Pattern, textOf } from './wildcard.ts'

export interface ConditionOperator {
  /** A negated operator holds when no value matches, also when the key is absent. */
  readonly isNegated: boolean
  /** Compiles one value of the document. Throws INVALID_VALUE for a value the operator cannot read. */
  compileValue(text: string, syntax: Pick<TextSyntax, 'hasVariables'>, place: Place): TextMatcher
}

type CompileValue = ConditionOperator['compileValue']

/**
 * The IAM condition operators except `Null`, which asks about the key and not its values.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export const CONDITION_OPERATORS: ReadonlyMap<string, ConditionOperator> = new Map(
  Object.entries({
    StringEquals: positive(textValue({ hasWildcards: false })),
    StringNotEquals: negated(textValue({ hasWildcards: false })),
    StringEqualsIgnoreCase: positive(textValue({ hasWildcards: false, ignoresCase: true })),
    StringNotEqualsIgnoreCase: negated(textValue({ hasWildcards: false, ignoresCase: true })),
    StringLike: positive(textValue({ hasWildcards: true })),
    StringNotLike: negated(textValue({ hasWildcards: true })),
    NumericEquals: positive(comparedValue('a number', parseNumber, (request, policy) => request === policy)),
    NumericNotEquals: negated(comparedValue('a number', parseNumber, (request, policy) => request === policy)),
    NumericLessThan: positive(comparedValue('a number', parseNumber, (request, policy) => request < policy)),
    NumericLessThanEquals: positive(comparedValue('a number', parseNumber, (request, policy) => request <= policy)),
    NumericGreaterThan: positive(comparedValue('a number', parseNumber, (request, policy) => request > policy)),
    NumericGreaterThanEquals: positive(comparedValue('a number', parseNumber, (request, policy) => request >= policy)),
    DateEquals: positive(comparedValue('a date', parseDateMs, (request, policy) => request === policy)),
    DateNotEquals: negated(comparedValue('a date', parseDateMs, (request, policy) => request === policy)),
    DateLessThan: positive(comparedValue('a date', parseDateMs, (request, policy) => request < policy)),
    DateLessThanEquals: positive(comparedValue('a date', parseDateMs, (request, policy) => request <= policy)),
    DateGreaterThan: positive(comparedValue('a date', parseDateMs, (request, policy) => request > policy)),
    DateGreaterThanEquals: positive(comparedValue('a date', parseDateMs, (request, policy) => request >= policy)),
    Bool: positive(comparedValue('true or false', parseBoolean, (request, policy) => request === policy)),
    BinaryEquals: positive(comparedValue('base64 text', parseBinary, (request, policy) => request === policy)),
    IpAddress: positive(addressValue),
    NotIpAddress: negated(addressValue),
    ArnEquals: positive(arnValue),
    ArnLike: positive(arnValue),
    ArnNotEquals: negated(arnValue),
    ArnNotLike: negated(arnValue),
  }),
)

function positive(compileValue: CompileValue): ConditionOperator {
  return { isNegated: false, compileValue }
}

function negated(compileValue: CompileValue): ConditionOperator {
  return { isNegated: true, compileValue }
}

function textValue(options: { hasWildcards: boolean; ignoresCase?: boolean }): CompileValue {
  const compile = options.ignoresCase ? compileIgnoringCase : compilePattern
  return (text, { hasVariables }, place) =>
    compileMatcher(parseText(text, { hasWildcards: options.hasWildcards, hasVariables }, place), compile)
}

function compileIgnoringCase(literal: Pattern): (text: string) => boolean {
  const expected = textOf(literal).toLowerCase()
  return (text) => text.toLowerCase() === expected
}

function arnValue(text: string, { hasVariables }: { hasVariables: boolean }, place: Place): TextMatcher {
  // A lone * is common for "any ARN" and has no six components.
  const template = parseText(text === '*' ? '*:*:*:*:*:*' : text, { hasWildcards: true, hasVariables }, place)
  if (template.variables.length === 0 && text !== '*' && splitArn(text) === undefined) {
    throw refusal('INVALID_VALUE', place, 'an ARN with six components, or *', text)
  }
  return compileMatcher(template, compileArnPattern)
}

function comparedValue<Value>(
  expected: string,
  parse: (text: string) => Value | undefined,
  holds: (request: Value, policy: Value) => boolean,
): CompileValue {
  return (text, _syntax, place) => {
    const policyValue = parse(text)
    if (policyValue === undefined) throw refusal('INVALID_VALUE', place, expected, text)
    const matches = (requestText: string) => {
      const requestValue = parse(requestText)
      return requestValue !== undefined && holds(requestValue, policyValue)
    }
    return { variables: [], bind: () => matches }
  }
}

function addressValue(text: string, _syntax: { hasVariables: boolean }, place: Place): TextMatcher {
  const matches = parseAddressRange(text)
  if (matches === undefined) throw refusal('INVALID_VALUE', place, 'an IP address or CIDR range', text)
  return { variables: [], bind: () => matches }
}
