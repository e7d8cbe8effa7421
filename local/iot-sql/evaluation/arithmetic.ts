import type { ArithmeticOperator } from '../syntax/ast.ts'
import { intOf, makeDecimal, makeInt, toDecimal } from '../values/numbers.ts'
import { isInt, isNumber, type SqlValue } from '../values/values.ts'

/**
 * `- * / %` and the sum of numbers: Int by Int is Int, with a Decimal or a text among them Decimal; Undefined for what is no
 * number, for a division by zero and beyond the range.
 */
export function calculate(operator: ArithmeticOperator, left: SqlValue, right: SqlValue, intByInt: 'int' | 'decimal') {
  if (isInt(left) && isInt(right)) return calculateInts(operator, left, right, intByInt)
  return calculateDecimals(operator, left, right)
}

export function negate(value: SqlValue): SqlValue {
  if (isInt(value)) return value === 0 ? 0 : makeInt(-BigInt(value))
  if (isNumber(value) && typeof value === 'number') return -value
  const number = toDecimal(value)
  return number === undefined ? undefined : makeDecimal(number.negated())
}

function calculateInts(
  operator: ArithmeticOperator,
  left: number | bigint,
  right: number | bigint,
  intByInt: 'int' | 'decimal',
): SqlValue {
  if (typeof left === 'number' && typeof right === 'number') {
    const quick = quickly(operator, left, right)
    if (Number.isSafeInteger(quick)) return quick === 0 ? 0 : quick
  }
  const [one, other] = [BigInt(left), BigInt(right)]
  switch (operator) {
    case '+':
      return makeInt(one + other)
    case '-':
      return makeInt(one - other)
    case '*':
      return makeInt(one * other)
    case '%':
      return other === 0n ? undefined : makeInt(one % other)
    case '/':
      if (other === 0n) return undefined
      if (intByInt === 'int' || one % other === 0n) return makeInt(one / other)
      return calculateDecimals(operator, left, right)
  }
}

/** Right wherever the result is a safe integer; division and remainder by zero give none. */
function quickly(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '%':
      return left % right
    case '/':
      return left % right === 0 ? left / right : Number.NaN
  }
}

function calculateDecimals(operator: ArithmeticOperator, left: SqlValue, right: SqlValue): SqlValue {
  const [one, other] = [toDecimal(left), toDecimal(right)]
  if (one === undefined || other === undefined) return undefined
  switch (operator) {
    case '+':
      return makeDecimal(one.plus(other))
    case '-':
      return makeDecimal(one.minus(other))
    case '*':
      return makeDecimal(one.times(other))
    case '%':
      return makeDecimal(one.mod(other))
    case '/':
      return makeDecimal(one.div(other))
  }
}

/** The remainder as the functions mod and remainder give it. */
export function remainder(left: SqlValue, right: SqlValue): SqlValue {
  return calculate('%', left, right, 'int')
}

/** A number rounded to a whole one. */
export function wholeOf(value: SqlValue, round: 'ceil' | 'floor' | 'round' | 'trunc'): SqlValue {
  if (isInt(value)) return value
  const number = toDecimal(value)
  return number === undefined ? undefined : intOf(number[round]())
}
