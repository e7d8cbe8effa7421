import type { IToken } from 'chevrotain'
import type { Argument, BinaryOperator, Expression } from './ast.ts'

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

/** The grammar lets only signs and words of the language through. */
export function operatorOf({ image }: IToken): BinaryOperator {
  return image.toUpperCase() as BinaryOperator
}

export function memberOf(of: Expression, names: readonly string[]): Expression {
  if (names.length === 0) return of
  if (of?.kind === 'path') return { ...of, names: [...of.names, ...names] }
  return { kind: 'member', of, names, offset: of?.offset }
}

export function callOf(name: IToken | undefined, args: readonly Argument[]): Expression {
  return { kind: 'call', name: name?.image ?? '', arguments: args, offset: name?.startOffset ?? 0 }
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

/** What stands between the quotes. */
export function textOf({ image }: IToken): string {
  const quote = image[0] ?? ''
  return image.slice(1, -1).replaceAll(quote + quote, quote)
}
