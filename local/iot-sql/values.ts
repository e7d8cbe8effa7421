import { Decimal } from 'decimal.js'
import { EvaluationError } from './evaluation-error.ts'

export type JsonValue = null | boolean | string | number | JsonValue[] | { [key: string]: JsonValue }

/**
 * What an expression yields. Undefined is absence, Null a value. A number is a Decimal where it was computed or has more
 * digits than a JavaScript number keeps; whole numbers are of type Int, also 10.0 (version 2016-03-23).
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-data-types.html
 */
export type SqlValue = undefined | SqlJson
export type SqlJson = null | boolean | string | number | Decimal | readonly SqlJson[] | SqlObject
export type SqlObject = { readonly [key: string]: SqlJson }

/** Numbers of the language: 34 digits, 1E-999 to 9.99E999. */
export const SqlDecimal = Decimal.clone({
  precision: 34,
  rounding: Decimal.ROUND_HALF_UP,
  maxE: 999,
  minE: -999,
  defaults: true,
})

const NUMERIC_TEXT = /^-?\d+(?:\.\d+)?(?:[eE]-?\d+)?$/

export function isNumber(value: SqlValue): value is number | Decimal {
  return typeof value === 'number' || Decimal.isDecimal(value)
}

export function isArray(value: SqlValue): value is readonly SqlJson[] {
  return Array.isArray(value)
}

export function isObject(value: SqlValue): value is SqlObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Decimal.isDecimal(value)
}

/** Rounds to 34 digits; undefined for what is no number or out of range. */
export function makeDecimal(value: number | string | Decimal): Decimal | undefined {
  const number = new SqlDecimal(value).toSignificantDigits(34)
  if (!number.isFinite()) return undefined
  return number.isZero() ? new SqlDecimal(0) : number
}

/** A number, or a text that is one; else undefined. */
export function toDecimal(value: SqlValue): Decimal | undefined {
  if (isNumber(value)) return makeDecimal(value)
  return typeof value === 'string' && NUMERIC_TEXT.test(value) ? makeDecimal(value) : undefined
}

/** A number rounded to the nearest whole, or a text's number without its fraction; undefined for anything else. */
export function toInteger(value: SqlValue): number | undefined {
  const number = toDecimal(value)
  return (typeof value === 'string' ? number?.trunc() : number?.round())?.toNumber()
}

/** A boolean, or the text `true` or `false` in any case; else undefined. */
export function toBoolean(value: SqlValue): boolean | undefined {
  if (typeof value === 'boolean') return value
  const text = typeof value === 'string' ? value.toLowerCase() : undefined
  return text === 'true' ? true : text === 'false' ? false : undefined
}

/** The text of a value; arrays and objects as JSON; undefined for Null and Undefined. */
export function toText(value: SqlValue): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  if (!isNumber(value)) return JSON.stringify(toJson(value))
  const number = makeDecimal(value)
  return number?.isInteger() ? number.toFixed() : number?.toString()
}

/** The value as JSON for an action. Throws EvaluationError NUMBER_OUT_OF_RANGE for a number JavaScript cannot hold. */
export function toJson(value: SqlJson): JsonValue {
  if (Decimal.isDecimal(value)) {
    const number = value.toNumber()
    if (Number.isFinite(number)) return number
    throw new EvaluationError('NUMBER_OUT_OF_RANGE', `expected a number up to ${Number.MAX_VALUE}, got ${value}`)
  }
  if (isArray(value)) return value.map(toJson)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJson(member)]))
}
