import { compileField, type FieldMatcher } from './field-matchers.ts'
import { PatternError } from './pattern-error.ts'

/** Decides an event. */
export type EventMatcher = (event: unknown) => boolean

const OR = '$or'

/**
 * Compiles an event pattern: an object of the event's shape whose fields are lists, of which one entry must fit. Throws PatternError.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 */
export function compilePattern(pattern: unknown): EventMatcher {
  const matches = compileObject(readPattern(pattern), 'the pattern')
  return (event) => matches(event)
}

function readPattern(pattern: unknown): unknown {
  if (typeof pattern !== 'string') return pattern
  try {
    return JSON.parse(pattern)
  } catch {
    throw new PatternError('Filter is not an object')
  }
}

function compileObject(pattern: unknown, where: string): EventMatcher {
  if (pattern === null || typeof pattern !== 'object' || Array.isArray(pattern)) {
    throw new PatternError(`${where} must be an object or an array`)
  }
  const entries = Object.entries(pattern)
  if (entries.length === 0) throw new PatternError('Empty objects are not allowed')
  const matchers = entries.map(([name, inner]) => {
    if (name === OR && Array.isArray(inner)) return compileAlternatives(inner)
    const matches = Array.isArray(inner) ? compileList(inner, name) : compileObject(inner, `"${name}"`)
    return (value: unknown) => matches(memberOf(value, name))
  })
  // fields of one pattern object hold for one and the same element of a list
  return (value) =>
    Array.isArray(value)
      ? value.some((element) => matchers.every((matches) => matches(element)))
      : matchers.every((matches) => matches(value))
}

function compileAlternatives(alternatives: readonly unknown[]): EventMatcher {
  if (alternatives.length < 2) throw new PatternError('There must be at least 2 Objects in $or relationship')
  const matchers = alternatives.map((one) => compileObject(one, OR))
  return (value) => matchers.some((matches) => matches(value))
}

function compileList(entries: readonly unknown[], name: string): FieldMatcher {
  if (entries.length === 0) throw new PatternError(`Empty arrays are not allowed: "${name}"`)
  const matchers = entries.map(compileField)
  const fits: FieldMatcher = (value) => matchers.some((matches) => matches(value))
  // an empty list has no value, as a field that is not there
  return (value) =>
    Array.isArray(value) && value.length > 0 ? value.some(fits) : fits(Array.isArray(value) ? undefined : value)
}

function memberOf(value: unknown, name: string): unknown {
  const isObject = value !== null && typeof value === 'object' && Object.hasOwn(value, name)
  return isObject ? (value as Record<string, unknown>)[name] : undefined
}
