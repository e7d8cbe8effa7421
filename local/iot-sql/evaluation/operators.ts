import type { BinaryOperator, UnaryOperator } from '../syntax/ast.ts'
import { areEqual, toBoolean, toText } from '../values/convert.ts'
import { toDecimal } from '../values/numbers.ts'
import { isArray, type SqlValue } from '../values/values.ts'
import { calculate, negate } from './arithmetic.ts'
import { charge, checkTextLength } from './limits.ts'

export type Binary = (left: SqlValue, right: SqlValue) => SqlValue
export type Unary = (operand: SqlValue) => SqlValue

/**
 * The type tables of the operators; what they do not list is Undefined. AND and OR do not short-circuit: `true OR Undefined`
 * is Undefined. https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-operators.html
 */
export function binaryOperators(intByInt: 'int' | 'decimal'): Readonly<Record<BinaryOperator, Binary>> {
  return {
    OR: logical((left, right) => left || right),
    AND: logical((left, right) => left && right),
    IN: isIn,
    '=': areEqual,
    '<>': (left, right) => {
      const equal = areEqual(left, right)
      return equal === undefined ? undefined : !equal
    },
    '<': ordering((order) => order < 0),
    '<=': ordering((order) => order <= 0),
    '>': ordering((order) => order > 0),
    '>=': ordering((order) => order >= 0),
    '+': (left, right) => {
      if (typeof left !== 'string' && typeof right !== 'string') return calculate('+', left, right, intByInt)
      const [leftText, rightText] = [toText(left), toText(right)]
      if (leftText === undefined || rightText === undefined) return undefined
      checkTextLength(leftText.length + rightText.length)
      return leftText + rightText
    },
    '-': (left, right) => calculate('-', left, right, intByInt),
    '*': (left, right) => calculate('*', left, right, intByInt),
    '/': (left, right) => calculate('/', left, right, intByInt),
    '%': (left, right) => calculate('%', left, right, intByInt),
  }
}

export const UNARY_OPERATORS: Readonly<Record<UnaryOperator, Unary>> = {
  NOT: (operand) => {
    const value = toBoolean(operand)
    return value === undefined ? undefined : !value
  },
  '-': negate,
}

function logical(decide: (left: boolean, right: boolean) => boolean): Binary {
  return (left, right) => {
    const [leftValue, rightValue] = [toBoolean(left), toBoolean(right)]
    return leftValue === undefined || rightValue === undefined ? undefined : decide(leftValue, rightValue)
  }
}

function ordering(decide: (order: number) => boolean): Binary {
  return (left, right) => {
    // two JavaScript numbers are in the order of the decimals they were read from
    if (typeof left === 'number' && typeof right === 'number') return decide(left - right)
    const [leftNumber, rightNumber] = [toDecimal(left), toDecimal(right)]
    return leftNumber === undefined || rightNumber === undefined ? undefined : decide(leftNumber.cmp(rightNumber))
  }
}

/** Whether an array holds an equal value; Undefined unless the right side is an array and the left one is there. */
function isIn(left: SqlValue, right: SqlValue): SqlValue {
  if (left === undefined || !isArray(right)) return undefined
  charge(right.length)
  return right.some((item) => areEqual(left, item) === true)
}
