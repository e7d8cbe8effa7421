import { remainder, wholeOf } from '../evaluation/arithmetic.ts'
import { makeDecimal, makeDouble, makeInt, toDecimal, toDouble } from '../values/numbers.ts'
import { isInt, isNumber, type SqlValue } from '../values/values.ts'
import { type CallContext, define, type SqlFunction } from './sql-function.ts'

const MAX_PLACES = 34

/** A text that is a number counts as one; anything else is Undefined. */
export const NUMBER_FUNCTIONS: readonly SqlFunction[] = [
  define('abs', 1, ([value]) => absolute(value)),
  define('ceil', 1, ([value]) => wholeOf(value, 'ceil')),
  define('floor', 1, ([value]) => wholeOf(value, 'floor')),
  // the examples round halves away from zero
  define('round', 1, ([value]) => wholeOf(value, 'round')),
  define('trunc', 2, ([value, places], context) => truncate(value, places, context)),
  define('sign', 1, ([value]) => {
    const number = toDecimal(value)
    return number === undefined ? undefined : number.cmp(0)
  }),
  define('mod', 2, ([left, right]) => remainder(left, right)),
  define('remainder', 2, ([left, right]) => remainder(left, right)),
  ...bitwise('bitand', (one, other) => one & other),
  ...bitwise('bitor', (one, other) => one | other),
  ...bitwise('bitxor', (one, other) => one ^ other),
  define('bitnot', 1, ([value], context) => {
    const bits = bitsOf(value, context)
    return bits === undefined ? undefined : makeInt(~bits)
  }),
  define('power', 2, ([base, exponent]) => {
    const [one, other] = [toDouble(base), toDouble(exponent)]
    return one === undefined || other === undefined ? undefined : makeDouble(one ** other)
  }),
  define('atan2', 2, ([y, x]) => {
    const [one, other] = [toDouble(y), toDouble(x)]
    return one === undefined || other === undefined ? undefined : makeDouble(Math.atan2(one, other))
  }),
  ...doubles({
    acos: Math.acos,
    asin: Math.asin,
    atan: Math.atan,
    cos: Math.cos,
    cosh: Math.cosh,
    exp: Math.exp,
    ln: Math.log,
    log: Math.log10,
    sin: Math.sin,
    sinh: Math.sinh,
    sqrt: Math.sqrt,
    tan: Math.tan,
    tanh: Math.tanh,
  }),
]

/** A number rounded down, as several functions do it with theirs. */
export function roundedDown(value: SqlValue, { settings }: CallContext): SqlValue {
  return wholeOf(value, settings.choices.roundedDown === 'floor' ? 'floor' : 'trunc')
}

function absolute(value: SqlValue): SqlValue {
  if (isInt(value)) return value < 0 ? makeInt(-BigInt(value)) : value
  const number = toDecimal(value)
  return number === undefined ? undefined : makeDecimal(number.abs())
}

function truncate(value: SqlValue, places: SqlValue, context: CallContext): SqlValue {
  if (!isNumber(places)) return undefined
  if (isInt(value)) return value
  const [number, count] = [toDecimal(value), roundedDown(places, context)]
  if (number === undefined) return undefined
  const kept = Math.min(MAX_PLACES, Math.max(0, Number(count)))
  return makeDecimal(number.toDecimalPlaces(kept, 1))
}

function bitwise(name: string, combine: (one: bigint, other: bigint) => bigint): SqlFunction[] {
  return [
    define(name, 2, ([left, right], context) => {
      const [one, other] = [bitsOf(left, context), bitsOf(right, context)]
      return one === undefined || other === undefined ? undefined : makeInt(combine(one, other))
    }),
  ]
}

/** The bits of an Int; undefined for what is none, or has more than 34 digits. */
function bitsOf(value: SqlValue, context: CallContext): bigint | undefined {
  const whole = roundedDown(value, context)
  return isInt(whole) ? BigInt(whole) : undefined
}

/** Double precision; what has no real result is Undefined. */
function doubles(functions: Readonly<Record<string, (value: number) => number>>): SqlFunction[] {
  return Object.entries(functions).map(([name, apply]) =>
    define(name, 1, ([value]) => {
      const number = toDouble(value)
      return number === undefined ? undefined : makeDouble(apply(number))
    }),
  )
}
