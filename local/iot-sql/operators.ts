import type { ArithmeticOperator, BinaryOperator, UnaryOperator } from './ast.ts'
import { isArray, isNumber, isObject, makeDecimal, type SqlValue, toBoolean, toDecimal, toText } from './values.ts'

type Binary = (left: SqlValue, right: SqlValue) => SqlValue
type Unary = (operand: SqlValue) => SqlValue

/**
 * The type tables of the operators; what they do not list is Undefined. AND and OR do not short-circuit: `true OR Undefined`
 * is Undefined. https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-operators.html
 */
export const BINARY_OPERATORS: Readonly<Record<BinaryOperator, Binary>> = {
  OR: logical((left, right) => left || right),
  AND: logical((left, right) => left && right),
  '=': (left, right) => areEqual(left, right),
  '<>': (left, right) => {
    const equal = areEqual(left, right)
    return equal === undefined ? undefined : !equal
  },
  '<': ordering((order) => order < 0),
  '<=': ordering((order) => order <= 0),
  '>': ordering((order) => order > 0),
  '>=': ordering((order) => order >= 0),
  '+': (left, right) => {
    if (typeof left !== 'string' && typeof right !== 'string') return calculate('+', left, right)
    const [leftText, rightText] = [toText(left), toText(right)]
    return leftText === undefined || rightText === undefined ? undefined : leftText + rightText
  },
  '-': (left, right) => calculate('-', left, right),
  '*': (left, right) => calculate('*', left, right),
  '/': (left, right) => calculate('/', left, right),
  '%': (left, right) => calculate('%', left, right),
}

export const UNARY_OPERATORS: Readonly<Record<UnaryOperator, Unary>> = {
  NOT: (operand) => {
    const value = toBoolean(operand)
    return value === undefined ? undefined : !value
  },
  '-': (operand) => {
    const value = toDecimal(operand)
    return value === undefined ? undefined : makeDecimal(value.negated())
  },
}

function logical(decide: (left: boolean, right: boolean) => boolean): Binary {
  return (left, right) => {
    const [leftValue, rightValue] = [toBoolean(left), toBoolean(right)]
    return leftValue === undefined || rightValue === undefined ? undefined : decide(leftValue, rightValue)
  }
}

function ordering(decide: (order: number) => boolean): Binary {
  return (left, right) => {
    const [leftNumber, rightNumber] = [toDecimal(left), toDecimal(right)]
    return leftNumber === undefined || rightNumber === undefined ? undefined : decide(leftNumber.cmp(rightNumber))
  }
}

function calculate(operator: ArithmeticOperator, left: SqlValue, right: SqlValue): SqlValue {
  const [leftNumber, rightNumber] = [toDecimal(left), toDecimal(right)]
  if (leftNumber === undefined || rightNumber === undefined) return undefined
  switch (operator) {
    case '+':
      return makeDecimal(leftNumber.plus(rightNumber))
    case '-':
      return makeDecimal(leftNumber.minus(rightNumber))
    case '*':
      return makeDecimal(leftNumber.times(rightNumber))
    case '%':
      return makeDecimal(leftNumber.mod(rightNumber))
    case '/': {
      // Int by Int is Int; a text that reads as a number counts as Decimal.
      const isInteger = isNumber(left) && isNumber(right) && leftNumber.isInteger() && rightNumber.isInteger()
      return makeDecimal(isInteger ? leftNumber.divToInt(rightNumber) : leftNumber.div(rightNumber))
    }
  }
}

/** Values of different types are not equal; numbers are one type. Undefined when a side is Undefined. */
function areEqual(left: SqlValue, right: SqlValue): boolean | undefined {
  if (left === undefined || right === undefined) return undefined
  if (typeof left === typeof right && typeof left !== 'object') return left === right
  if (isNumber(left) && isNumber(right)) return toDecimal(left)?.equals(toDecimal(right) ?? Number.NaN) ?? false
  if (isArray(left) && isArray(right)) {
    return left.length === right.length && left.every((item, index) => areEqual(item, right[index]) === true)
  }
  if (isObject(left) && isObject(right)) {
    const keys = Object.keys(left)
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && areEqual(left[key], right[key]) === true)
    )
  }
  return left === right
}
