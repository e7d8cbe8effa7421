import type { IToken } from 'chevrotain'
import type { BinaryOperator, Expression } from './ast.ts'

// While the grammar is recorded, chevrotain hands these placeholders: hence operands that may be missing.

export function binary(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: 'binary', operator, left, right, offset: left?.offset }
}

export function prefixed(operator: 'NOT' | '-', signs: readonly IToken[], operand: Expression): Expression {
  return signs.reduceRight<Expression>(
    (inner, { startOffset: offset }) => ({ kind: 'unary', operator, operand: inner, offset }),
    operand,
  )
}

/** The grammar lets only signs of the language through. */
export function operatorOf({ image }: IToken): BinaryOperator {
  return image as BinaryOperator
}

export function textNode(literal: IToken): Expression {
  return { kind: 'text', value: textOf(literal), offset: literal.startOffset }
}

export function numberNode({ image, startOffset }: IToken): Expression {
  return { kind: 'number', digits: image, offset: startOffset }
}

export function constantNode(value: boolean | null, { startOffset }: IToken): Expression {
  return { kind: 'constant', value, offset: startOffset }
}

export function textOf({ image }: IToken): string {
  const quote = image.charAt(0)
  return image.slice(1, -1).replaceAll(quote + quote, quote)
}
