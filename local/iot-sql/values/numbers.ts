import { Decimal } from 'decimal.js'
import { chargeText } from '../evaluation/limits.ts'
import { isNumber, type SqlNumber, type SqlValue } from './values.ts'

/** Significant digits of Int and Decimal. */
export const MAX_DIGITS = 34
const INT_LIMIT = 10n ** BigInt(MAX_DIGITS)

/** Numbers of the language: 34 digits, 1E-999 to 9.99E999. */
export const SqlDecimal = Decimal.clone({
  precision: MAX_DIGITS,
  rounding: Decimal.ROUND_HALF_UP,
  maxE: 999,
  minE: -999,
  defaults: true,
})

/** Without a sign. */
const ZERO = new SqlDecimal(0)
const NUMERIC_TEXT = /^-?\d+(?:\.\d+)?(?:[eE]-?\d+)?$/
const DECIMAL_TEXT = /[.eE]/

/** Rounds to 34 digits; undefined for what is no number or out of range. Always of type Decimal. */
export function makeDecimal(value: SqlNumber | string): Decimal | undefined {
  const number = Decimal.isDecimal(value) ? value : new SqlDecimal(typeof value === 'bigint' ? value.toString() : value)
  if (!number.isFinite()) return undefined
  if (number.isZero()) return ZERO
  // JavaScript numbers have fewer digits, and operations have rounded their results; digits as written may be more
  const mayBeLonger = typeof value === 'string' || typeof value === 'bigint'
  return mayBeLonger && number.precision() > MAX_DIGITS ? number.toSignificantDigits(MAX_DIGITS) : number
}

/** An Int, or the nearest Decimal if it has more than 34 digits. */
export function makeInt(value: bigint): SqlNumber | undefined {
  if (value >= INT_LIMIT || value <= -INT_LIMIT) return makeDecimal(value)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** The whole part of a number as Int. */
export function intOf(value: Decimal): SqlNumber | undefined {
  const whole = value.trunc()
  if (whole.abs().lt(Number.MAX_SAFE_INTEGER)) return whole.isZero() ? 0 : whole.toNumber()
  return whole.e < MAX_DIGITS ? makeInt(BigInt(whole.toFixed())) : whole
}

/** A result of double precision; undefined for what is no number. Whole results are Decimals too. */
export function makeDouble(value: number): SqlNumber | undefined {
  if (!Number.isFinite(value)) return undefined
  return Number.isInteger(value) ? makeDecimal(value) : value
}

/** The number that digits mean: an Int without point and exponent, else a Decimal. */
export function numberOfDigits(digits: string): SqlNumber | undefined {
  const decimal = makeDecimal(digits)
  return decimal === undefined || DECIMAL_TEXT.test(digits) ? decimal : intOf(decimal)
}

/** Version 2016-03-23 treats whole Decimals such as 10.0 as Int. */
export function wholeToInt(value: SqlValue): SqlValue {
  return Decimal.isDecimal(value) && value.isInteger() ? intOf(value) : value
}

/** Conversion to Decimal: a number, or a text that is one; else undefined. */
export function toDecimal(value: SqlValue): Decimal | undefined {
  if (isNumber(value)) return Decimal.isDecimal(value) ? value : makeDecimal(value)
  if (typeof value !== 'string') return undefined
  chargeText(value.length)
  return NUMERIC_TEXT.test(value) ? makeDecimal(value) : undefined
}

/** Conversion to Int: a number rounded to the nearest whole, a text's number without its fraction; else undefined. */
export function toInteger(value: SqlValue): number | undefined {
  if (typeof value === 'number' && Number.isInteger(value)) return value
  const number = toDecimal(value)
  return (typeof value === 'string' ? number?.trunc() : number?.round())?.toNumber()
}

/** A number of JavaScript; undefined for what converts to no number. */
export function toDouble(value: SqlValue): number | undefined {
  return typeof value === 'number' ? value : toDecimal(value)?.toNumber()
}
